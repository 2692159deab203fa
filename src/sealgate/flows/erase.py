"""Erasing a person: what only the key finds, then the key, then all rows, a look whether anything is left, a signed receipt.

From the moment the key is destroyed nothing of the person opens any more, in old backups neither. Passages stay as numbers:
gate, time and reason, without token, name or picture. Payslips stay, sealed under a key of their own, until their date. A run
that broke off is begun again by whoever asks again: what cannot be opened any more is removed without being read.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import IO
from uuid import UUID

from sealgate.domain.approvals import Kind
from sealgate.domain.errors import Conflict, Fault, Invalid, NotFound
from sealgate.domain.ids import PersonId, TenantId
from sealgate.domain.operators import Permission, Purpose
from sealgate.domain.people import PersonKind
from sealgate.domain.sightings import Means
from sealgate.flows import approving, holds
from sealgate.flows import export as exporting
from sealgate.flows.approving import Wanted
from sealgate.flows.export import Exported
from sealgate.flows.kit import House, Signed, subject, unseal
from sealgate.flows.passage_places import profile_place
from sealgate.flows.people import whereabouts
from sealgate.flows.traces import Tokens, pictures_of, tokens_of
from sealgate.ports import KeyKind
from sealgate.privacy import journal
from sealgate.privacy.notes import Signer
from sealgate.store import directory, erasing, passages, pictures
from sealgate.store.engine import Reader
from sealgate.vault.errors import KeyDestroyed

PURPOSE = "erasure receipts"
SHORTEST_WHY, LONGEST_WHY = 3, 300


class VisitorsAreForgotten(Conflict):
    """A visitor is erased with the visit."""

    code = "erase.is-visitor"


class StillInside(Conflict):
    """Who is inside has to be able to leave, and the roll call has to count them."""

    code = "erase.still-inside"


class SomethingLeft(Fault):
    """Rows of an erased person were found by the scan after it. Nothing opens them; ask again to remove them."""

    code = "erase.something-left"


@dataclass(frozen=True, slots=True)
class Plan:
    """What would go, by table, with how many passages and pictures; `kept` payslips stay until the last day of year `until`."""

    person: PersonId
    name: str
    rows: dict[str, int]
    passages: int
    pictures: int
    kept: int
    inside: bool
    held_until: date | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """`note` is a signed note that names nobody: it is for the person to keep. `backups` are when those were made that hold
    the person still, unreadable from now on."""

    person: PersonId
    at: datetime
    rows: dict[str, int]
    passages: int
    pictures: int
    kept: int
    note: str
    backups: tuple[datetime, ...] = ()


def export_wanted(house: House, signed: Signed, person: PersonId) -> Wanted:
    """Its rows are those of all tables and the passages. Raises `NotFound`."""
    return _everything(plan(house, signed, person))


def _everything(found: Plan) -> Wanted:
    return Wanted(Kind.EVERYTHING, f"person:{found.person}", sum(found.rows.values()) + found.passages, person=found.person)


def export(house: House, signed: Signed, person: PersonId, file: IO[bytes], purpose: str) -> Exported:
    """Everything about the person, for them. Raises `NotFound`, `PurposeNeeded`, `NeedsSecond`."""
    wanted = export_wanted(house, signed, person)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        why = approving.cleared(house, tx, signed, wanted, purpose)
        told = f"person:{person}"
        journal.write(tx, house.keyring, house.clock.now(), "person.export-begun", about=person, object=told, purpose=why)
    return exporting.export(house, signed.tenant, signed.actor, person, file, why)


def erase_wanted(person: PersonId) -> Wanted:
    return Wanted(Kind.ERASE, f"person:{person}", 1, person=person)


def plan(house: House, signed: Signed, person: PersonId) -> Plan:
    """What erasing would remove, for who is about to confirm it. Raises `NotFound`."""
    signed.need(Permission.ERASE)
    with house.store.read(signed.tenant) as db:
        row = _row(db, person)
        tokens, names = _traces(house, db, person)
        rows = erasing.traces(db, person)
        name = ""
        with suppress(KeyDestroyed):
            name = unseal(house, profile_place(db.tenant, person), row.profile)["name"]
        inside = _inside(house, db, person)
        count = passages.count_of(db, tokens)
        held = holds.held_until(house, db, person)
    kept = rows.pop("payslips", 0)
    return Plan(person, name, rows, count, len(names), kept, inside, held)


def erase(house: House, signed: Signed, person: PersonId, why: str) -> Receipt:
    """Leave nothing of the person but what the law has kept.

    Raises `NotFound`, `VisitorsAreForgotten`, `StillInside`, `OnHold`, `NeedsSecond`. One that broke off needs no second again.
    """
    signed.need(Permission.ERASE)
    words = why.strip()
    if not SHORTEST_WHY <= len(words) <= LONGEST_WHY:
        raise Invalid("why is somebody erased?", field="why")
    with house.store.read(signed.tenant) as db:
        if _row(db, person).kind is PersonKind.VISITOR:
            raise VisitorsAreForgotten("this is a visitor", hint="Erase the visit")
        if _inside(house, db, person):
            raise StillInside("this person is inside")
        held = holds.held_until(house, db, person)
        if held is not None:
            raise holds.OnHold(held)
        tokens, names = _traces(house, db, person)
        faces = [c for c in directory.credentials_of(db, person) if c.means is Means.FACE and c.site is not None]
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        if house.keyring.has(signed.tenant, *subject(person)):
            approving.cleared(house, tx, signed, erase_wanted(person), Purpose.ASKED)
        blanked = passages.blank(tx, tokens)
        for name in names:
            pictures.remove_picture(tx, name)
        journal.write(tx, house.keyring, now, "person.erasing", about=person, object=f"person:{person}", purpose=words)
    for name in names:
        house.blobs.delete(name.hex)
    house.keyring.destroy(signed.tenant, *subject(person))
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        removed = erasing.remove(tx, person)
        left = erasing.traces(tx, person)
        kept = left.pop("payslips", 0)
        receipt = Receipt(person, now, removed, blanked, len(names), kept, "", _backups(house, signed.tenant))
        note = _signer(house, signed.tenant).sign(text_of(receipt))
        told = f"person:{person}:{hashlib.sha256(note.encode()).hexdigest()}"
        journal.write(tx, house.keyring, now, "person.erased", about=person, object=told)
    for face in faces:
        assert face.site is not None
        house.galleries.of(signed.tenant, face.site).remove(face.credential)
    if left:
        raise SomethingLeft(", ".join(sorted(left)))
    return replace(receipt, note=note)


def _backups(house: House, tenant: TenantId) -> tuple[datetime, ...]:
    """When the backups were made that this program keeps, the oldest first."""
    return tuple(sorted(point.at for point in house.backups.of(tenant))) if house.backups else ()


def text_of(receipt: Receipt) -> str:
    """What is signed: no word of who it was, and enough to hold us to it."""
    lines = [
        "sealgate erasure receipt 1",
        f"person {receipt.person}",
        f"erased {receipt.at.isoformat()}",
        f"passages made anonymous {receipt.passages}",
        f"pictures removed {receipt.pictures}",
        *(f"rows removed from {table} {count}" for table, count in sorted(receipt.rows.items())),
        f"payslips kept as the law says {receipt.kept}",
        *(f"unreadable in the backup of {at.isoformat()}" for at in receipt.backups),
        "backups hold this person's data sealed under a key that is destroyed; backups of the keys end within their own days",
    ]
    return "\n".join(lines) + "\n"


def verifier_of(house: House, tenant: TenantId) -> str:
    """By which anybody may check a receipt."""
    return str(_signer(house, tenant).verifier)


def _signer(house: House, tenant: TenantId) -> Signer:
    return Signer(f"sealgate/erasure/{tenant}", house.keyring.derive(tenant, KeyKind.TENANT, "", PURPOSE))


def _row(db: Reader, person: PersonId) -> directory.PersonRow:
    row = directory.person(db, person)
    if row is None:
        raise NotFound("person")
    return row


def _traces(house: House, db: Reader, person: PersonId) -> tuple[Tokens, list[UUID]]:
    tokens = tokens_of(house, db, person)
    return tokens, pictures_of(house, db, tokens)


def _inside(house: House, db: Reader, person: PersonId) -> bool:
    with suppress(KeyDestroyed):
        return person in whereabouts(house, db, [person])
    return False
