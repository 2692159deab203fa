"""Faces between pixels and templates: which face counts, what to do better, and the site's rotation.

A template leaves this file only turned (VAULT 4): by its site's secret where it is stored, so two sites' templates of one
person cannot be compared; by a secret of the process where it is matched, so a site can be re-keyed while its gates go on. The
turning keeps similarities as they are.
"""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING

import numpy as np

from sealgate.domain.access import likeness_among
from sealgate.domain.ids import CredentialId, SiteId, TenantId
from sealgate.flows.kit import House
from sealgate.ports import FaceReader, FoundFace, KeyKind, Pixels, Vector
from sealgate.store import directory
from sealgate.vault.envelope import Place
from sealgate.vault.errors import KeyDestroyed
from sealgate.vault.wrapping import space_scope

if TYPE_CHECKING:
    from sealgate.store.engine import Reader

log = logging.getLogger(__name__)

MIN_FACE = 48
"""Pixels of the shorter side below which an embedding is not worth its while (VISION: faces from 48 px at 320)."""

MIN_QUALITY = 0.25
"""Below it a kiosk or gate waits for a better frame."""


def best_face(reader: FaceReader, pixels: Pixels) -> FoundFace | str:
    """The largest face, or the code of an advice: empty where nobody is there."""
    faces = reader.find(pixels)
    if not faces:
        return ""
    face = faces[0]
    if min(face.box[2], face.box[3]) < MIN_FACE:
        return "come-closer"
    if face.quality < MIN_QUALITY:
        return "hold-still"
    return face


def vector_at(house: House, tenant: TenantId, site: SiteId, pixels: Pixels, face: FoundFace) -> Vector:
    """The face as this process knows it: (128,) float32, length 1, turned; for its galleries."""
    assert house.faces is not None
    return turned(house, tenant, site, house.faces.embed(pixels, face))


def turned(house: House, tenant: TenantId, site: SiteId, vector: Vector) -> Vector:
    """By this process's own secret: what lies in its memory need not be touched when the site is re-keyed."""
    return house.turn(_memory_seed(house, tenant, site), vector)


def _memory_seed(house: House, tenant: TenantId, site: SiteId) -> bytes:
    return hashlib.sha256(house.memory + tenant.bytes + site.bytes).digest()


def space_seed(house: House, tenant: TenantId, site: SiteId, space: int) -> bytes:
    """The site's secret of that number. Raises `KeyDestroyed` for one that was left behind by a re-key."""
    return house.keyring.derive(tenant, KeyKind.SITE, space_scope(site, space), "face-rotation")


def kept_form(house: House, tenant: TenantId, site: SiteId, space: int, vector: Vector) -> bytes:
    """The bytes of a template as they are stored, before they are sealed: turned by the site's secret of that space."""
    return house.turn(space_seed(house, tenant, site, space), vector).astype("<f4").tobytes()


def from_kept(house: House, tenant: TenantId, site: SiteId, space: int, kept: bytes) -> Vector:
    """What `kept_form` was given."""
    return house.turn.back(space_seed(house, tenant, site, space), np.frombuffer(kept, dtype="<f4"))


def least_likeness(house: House, db: Reader, site: SiteId) -> float:
    """What the models ask for among the faces of this site; a gate may ask for more, and never for less."""
    if house.faces is None:
        return 0.0
    return likeness_among(house.faces.min_similarity, house.faces.per_tenfold, len(house.galleries.of(db.tenant, site)))


def template_place(tenant: TenantId, credential: CredentialId) -> Place:
    return Place(tenant, "credentials", "secret", str(credential))


def fill_gallery(house: House, db: Reader, site: SiteId) -> int:
    """Open every template of this site into memory; how many. At the start of a program, and never for another site.

    One whose space is gone (old data with newer keys) is left out: its owner has to be enrolled again.
    """
    if house.faces is None:
        return 0
    gallery, count, lost = house.galleries.of(db.tenant, site), 0, 0
    for row in directory.face_templates(db, site, house.faces.pack):
        try:
            kept = house.keyring.open(template_place(db.tenant, row.credential), row.secret)
            vector = from_kept(house, db.tenant, site, row.space, kept)
        except KeyDestroyed:
            lost += 1
            continue
        gallery.put(row.person, row.credential, turned(house, db.tenant, site, vector))
        count += 1
    if lost:
        log.warning("site %s: %d face templates lie in a space whose key is destroyed", site, lost)
    return count
