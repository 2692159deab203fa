"""Where the sealed values of people, their presence and their pictures lie: the names that bind each to its row."""

from __future__ import annotations

from uuid import UUID

from sealgate.domain.ids import PassageId, PersonId, TenantId
from sealgate.vault.envelope import Place


def profile_place(tenant: TenantId, person: PersonId) -> Place:
    return Place(tenant, "people", "profile", str(person))


def presence_place(tenant: TenantId, person: PersonId) -> Place:
    return Place(tenant, "presence", "state", str(person))


def who_place(tenant: TenantId, passage: PassageId) -> Place:
    return Place(tenant, "passages", "who", str(passage))


def picture_place(tenant: TenantId, picture: UUID) -> Place:
    return Place(tenant, "pictures", "blob", str(picture))
