"""The kiosk: a screen at a gate, known by a secret in its cookie, that may ask for this one gate and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from sealgate.domain.ids import GateId, TenantId
from sealgate.domain.people import code_text
from sealgate.domain.sightings import CodeSighting, FaceSighting, Means
from sealgate.flows.at_gate import Answer, admit_at
from sealgate.flows.faces import best_face, vector_at
from sealgate.flows.kit import House, fingerprint, tenant_of
from sealgate.store import places

OURS = "SG1."
"""With this every QR code of ours begins; what else somebody holds before a camera is no try."""


@dataclass(frozen=True, slots=True)
class KioskGate:
    tenant: TenantId
    gate: GateId
    name: str
    site_name: str
    means: frozenset[Means]


@dataclass(frozen=True, slots=True)
class NothingSeen:
    """No face worth deciding about; `advice` is a code such as `come-closer`, or empty where nobody is there."""

    advice: str = ""


def kiosk_gate(house: House, secret: str) -> KioskGate | None:
    """The gate of this kiosk; None for a secret that is unknown or was replaced."""
    tenant = tenant_of(secret)
    if tenant is None:
        return None
    with house.store.read(tenant) as db:
        row = places.gate_by_kiosk(db, fingerprint(secret))
        if row is None:
            return None
        return KioskGate(tenant, row.gate, row.name, places.site(db, row.site).name, row.means)


def look(house: House, kiosk: KioskGate, picture: bytes) -> Answer | NothingSeen:
    """One picture from the kiosk's camera: a QR code of ours held before it, else a face.

    The picture is not kept unless somebody known is in it; that of a code never is.
    """
    if house.faces is None or Means.FACE not in kiosk.means:
        return NothingSeen("face-off")
    pixels = house.decode(picture)
    code = house.code_in(pixels) if Means.QR in kiosk.means else ""
    if code.startswith(OURS):
        return show_code(house, kiosk, Means.QR, code[:512])
    found = best_face(house.faces, pixels)
    if isinstance(found, str):
        return NothingSeen(found)
    with house.store.read(kiosk.tenant) as db:
        site = places.policy_of(db, kiosk.gate).site
    vector = vector_at(house, kiosk.tenant, site, pixels, found)
    sighting = FaceSighting(
        kiosk.gate, house.clock.now(), [float(v) for v in vector], found.quality, found.live, picture=house.encode(pixels)
    )
    return admit_at(house, kiosk.tenant, sighting)


def show_code(house: House, kiosk: KioskGate, means: Means, value: str, *, cut_off: bool = False) -> Answer:
    """A card, QR text or PIN typed or scanned at the kiosk. Raises `BadCode` for what cannot be one."""
    shown = CodeSighting(kiosk.gate, house.clock.now(), means, code_text(means, value))
    return admit_at(house, kiosk.tenant, shown, cut_off=cut_off)
