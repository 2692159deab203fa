"""The kiosk: a screen at a gate, known by a secret in its cookie, that may ask for this one gate and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from sealgate.domain.ids import GateId, SiteId, TenantId
from sealgate.domain.people import code_text
from sealgate.domain.sightings import CodeSighting, FaceSighting, Means
from sealgate.flows.at_gate import Answer, admit_at
from sealgate.flows.faces import MIN_FACE, best_face, turned, vector_at
from sealgate.flows.kiosk_life import Alive, Asked, watch
from sealgate.flows.kit import House, fingerprint, tenant_of
from sealgate.ports import Pixels
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


def look(house: House, kiosk: KioskGate, picture: bytes) -> Answer | NothingSeen | Asked:
    """One picture from the kiosk's camera: a QR code of ours held before it, else a face, which a gate that asks for life has
    turn first.

    The picture is not kept unless somebody known is in it; that of a code never is.
    """
    if house.faces is None or Means.FACE not in kiosk.means:
        return NothingSeen("face-off")
    pixels = house.decode(picture)
    code = house.code_in(pixels) if Means.QR in kiosk.means else ""
    if code.startswith(OURS):
        return show_code(house, kiosk, Means.QR, code[:512])
    with house.store.read(kiosk.tenant) as db:
        policy = places.policy_of(db, kiosk.gate)
    if policy.min_liveness is not None and house.life is not None:
        return _look_for_life(house, kiosk, policy.site, pixels)
    found = best_face(house.faces, pixels)
    if isinstance(found, str):
        return NothingSeen(found)
    vector = vector_at(house, kiosk.tenant, policy.site, pixels, found)
    sighting = FaceSighting(
        kiosk.gate, house.clock.now(), [float(v) for v in vector], found.quality, found.live, picture=house.encode(pixels)
    )
    return admit_at(house, kiosk.tenant, sighting)


def _look_for_life(house: House, kiosk: KioskGate, site: SiteId, pixels: Pixels) -> Answer | NothingSeen | Asked:
    """A face that is being asked to turn need not be a good one: only the look it begins with is compared."""
    assert house.faces is not None
    gate, now = str(kiosk.gate), house.clock.now()
    if house.life_tries.wait(gate, now):
        return NothingSeen("face-rests")
    begun = house.watches.get(gate, now) is not None
    found = best_face(house.faces, pixels)
    if isinstance(found, str) and begun:
        faces = house.faces.find(pixels)
        found = faces[0] if faces and min(faces[0].box[2:]) >= MIN_FACE else found
    if isinstance(found, str):
        return NothingSeen(found)
    said = watch(house, gate, pixels, found, now)
    if isinstance(said, Asked):
        return said
    if not said.liveness:
        house.life_tries.missed(gate, now)
    return admit_at(house, kiosk.tenant, _sighting(house, kiosk, site, pixels, said, found.quality))


def _sighting(house: House, kiosk: KioskGate, site: SiteId, pixels: Pixels, alive: Alive, quality: float) -> FaceSighting:
    vector = [float(v) for v in turned(house, kiosk.tenant, site, alive.vector)]
    picture = house.encode(pixels)
    return FaceSighting(kiosk.gate, house.clock.now(), vector, quality, alive.liveness, alive.frames, picture)


def show_code(house: House, kiosk: KioskGate, means: Means, value: str, *, cut_off: bool = False) -> Answer:
    """A card, QR text or PIN typed or scanned at the kiosk. Raises `BadCode` for what cannot be one."""
    shown = CodeSighting(kiosk.gate, house.clock.now(), means, code_text(means, value))
    return admit_at(house, kiosk.tenant, shown, cut_off=cut_off)
