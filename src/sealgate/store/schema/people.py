"""Who: people, their credentials and consents, and the zone they entered last."""

from __future__ import annotations

from sqlalchemy import Index, Text

from sealgate.domain.people import PersonKind
from sealgate.domain.sightings import Means
from sealgate.store.columns import (
    Flag,
    Id,
    Instant,
    Json,
    SealedBytes,
    TokenBytes,
    Whole,
    Word,
)
from sealgate.store.schema.making import may, must, needs, table, where
from sealgate.store.schema.places import groups, sites, tenants
from sealgate.store.words import ImportState

people = table(
    "people",
    ("person_id",),
    must("person_id", Id),
    must("kind", Word(PersonKind)),
    must("profile", SealedBytes),
    must("name_token", TokenBytes),
    must("suspended", Flag),
    may("valid_since", Instant),
    may("valid_until", Instant),
    must("created_at", Instant),
    may("number_token", TokenBytes),
    may("arriving", Id),
    needs(tenants),
    Index("ix_people_name_token", "tenant_id", "name_token"),
    where("uq_people_number_token", "tenant_id", "number_token", unique=True, only="number_token IS NOT NULL"),
    where("ix_people_arriving", "tenant_id", "arriving", unique=False, only="arriving IS NOT NULL"),
)

imports = table(
    "imports",
    ("import_id",),
    must("import_id", Id),
    must("operator_id", Id),
    must("state", Word(ImportState)),
    must("people", Whole),
    must("done", Whole),
    must("flawed", Whole),
    must("problems", Json),
    must("time_zone", Text),
    must("made_at", Instant),
    must("touched_at", Instant),
    may("file", SealedBytes),
    needs(tenants),
    Index("ix_imports_made_at", "tenant_id", "made_at"),
)

group_members = table(
    "group_members",
    ("group_id", "person_id"),
    must("group_id", Id),
    must("person_id", Id),
    needs(groups, "group_id"),
    needs(people, "person_id"),
    Index("ix_group_members_person_id", "tenant_id", "person_id"),
)

presence = table(
    "presence",
    ("person_id",),
    must("person_id", Id),
    must("state", SealedBytes),
    needs(people, "person_id"),
)

credentials = table(
    "credentials",
    ("credential_id",),
    must("credential_id", Id),
    must("person_id", Id),
    must("means", Word(Means)),
    may("token", TokenBytes),
    must("secret", SealedBytes),
    may("label", SealedBytes),
    may("pack", Text),
    may("site_id", Id),
    may("since", Instant),
    may("until", Instant),
    must("created_at", Instant),
    may("ended_at", Instant),
    may("gates", Json),
    may("space", Whole),
    needs(people, "person_id"),
    needs(sites, "site_id"),
    Index("ix_credentials_person_id", "tenant_id", "person_id"),
    Index("ix_credentials_site_id", "tenant_id", "site_id", "pack"),
    where("uq_credentials_token", "tenant_id", "means", "token", unique=True, only="ended_at IS NULL AND token IS NOT NULL"),
)

consents = table(
    "consents",
    ("consent_id",),
    must("consent_id", Id),
    must("person_id", Id),
    must("purpose", Text),
    must("notice_version", Text),
    must("given_at", Instant),
    may("withdrawn_at", Instant),
    must("given_by", Text),
    may("details", SealedBytes),
    needs(people, "person_id"),
    Index("ix_consents_person_id", "tenant_id", "person_id", "purpose"),
)
