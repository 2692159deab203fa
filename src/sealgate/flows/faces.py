"""Faces between pixels and templates: which face counts, what to do better, and the site's rotation.

A template leaves this file only turned by its site's secret (VAULT 4), so two sites' templates of one
person cannot be compared; the turning keeps similarities as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sealgate.domain.ids import CredentialId, SiteId, TenantId
from sealgate.flows.kit import House
from sealgate.ports import FaceReader, FoundFace, KeyKind, Pixels, Vector
from sealgate.store import directory
from sealgate.vault.envelope import Place

if TYPE_CHECKING:
    from sealgate.store.engine import Reader

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
    """The face's template as this site knows it: (128,) float32, length 1, turned."""
    assert house.faces is not None
    return turned(house, tenant, site, house.faces.embed(pixels, face))


def turned(house: House, tenant: TenantId, site: SiteId, vector: Vector) -> Vector:
    return house.turn(house.keyring.derive(tenant, KeyKind.SITE, str(site), "face-rotation"), vector)


def template_place(tenant: TenantId, credential: CredentialId) -> Place:
    return Place(tenant, "credentials", "secret", str(credential))


def fill_gallery(house: House, db: Reader, site: SiteId) -> int:
    """Open every template of this site into memory; how many. At the start of a program, and never for another site."""
    if house.faces is None:
        return 0
    gallery = house.galleries.of(db.tenant, site)
    count = 0
    for row in directory.face_templates(db, site, house.faces.pack):
        vector = np.frombuffer(house.keyring.open(template_place(db.tenant, row.credential), row.secret), dtype="<f4")
        gallery.put(row.person, row.credential, vector)
        count += 1
    return count
