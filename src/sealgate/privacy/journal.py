"""Who did or looked at what, about whom, and why; chained so that a changed past is noticed.

Each entry carries the hash of the one before it, and the tenant's head row the hash of the last one. So an entry that
was edited, taken out, put elsewhere or cut off at the end shows. The surprising thing: the chain runs over what is
stored (tokens and sealed bytes), so it is checked without any key, and still holds when a person's key is destroyed.

What it does not see: somebody who rewrites the whole chain from the entry on and the head with it. Against that
stand signed checkpoints kept by a witness outside (privacy/checkpoints.py, privacy/audit.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sealgate.domain.errors import Invalid
from sealgate.domain.ids import OperatorId, PersonId, TenantId
from sealgate.ports import KeyKind, Sealed, Token
from sealgate.store import journal as rows
from sealgate.store import passages
from sealgate.store.columns import microseconds
from sealgate.store.engine import Reader, Store, Tx
from sealgate.store.journal import GENESIS, Entry
from sealgate.store.words import ActorKind
from sealgate.vault.blindindex import BlindIndex
from sealgate.vault.envelope import Place, fields
from sealgate.vault.keyring import Keyring

MAX_PURPOSE = 400
MAX_OBJECT = 400
VERSION = b"sealgate journal 1"


class BadEntry(Invalid):
    code = "journal.bad-entry"


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as it is to be written: see `write`."""

    action: str
    about: PersonId | OperatorId | None = None
    object: str = ""
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """An entry with its purpose opened."""

    seq: int
    at: datetime
    actor_kind: ActorKind
    actor_id: str
    action: str
    object: str
    purpose: str


class Flaw(StrEnum):
    """What can be wrong with a chain. The first flaw is the one told."""

    MISSING = "missing"
    EDITED = "edited"
    UNCHAINED = "unchained"
    CUT = "cut"
    GROWN = "grown"
    NO_HEAD = "no-head"
    REWRITTEN = "rewritten"
    ROLLED_BACK = "rolled-back"
    FORGED = "forged"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`entries` were found good, from the first on; `at` is the number of the entry where `flaw` shows."""

    entries: int
    flaw: Flaw | None = None
    at: int | None = None

    @property
    def whole(self) -> bool:
        return self.flaw is None


def write(
    tx: Tx,
    keyring: Keyring,
    at: datetime,
    action: str,
    *,
    about: PersonId | OperatorId | None = None,
    object: str = "",  # noqa: A002 - the journal's own word
    purpose: str = "",
) -> int:
    """Add one entry to the transaction; its number. `object` names things by identity, never a person by name.

    `purpose` is what somebody typed, so it is sealed. Raises `BadEntry` for a text that is too long, `VaultSealed`.
    """
    return write_all(tx, keyring, at, [Line(action, about, object, purpose)])


def write_all(tx: Tx, keyring: Keyring, at: datetime, lines: Sequence[Line]) -> int:
    """Add an entry for each line, in their order; the number of the last. As `write` for one, at a fraction of the price."""
    if any(len(line.purpose) > MAX_PURPOSE or len(line.object) > MAX_OBJECT or not line.action for line in lines):
        raise BadEntry("the entry is too long or has no action", field="purpose")
    head = rows.head_for_update(tx)
    made, prev = [], head.hash
    for seq, line in enumerate(lines, head.seq + 1):
        made.append(_entry(tx, keyring, at, line, seq, prev))
        prev = made[-1].hash
    rows.append(tx, made)
    return made[-1].seq


def _entry(tx: Tx, keyring: Keyring, at: datetime, line: Line, seq: int, prev: bytes) -> Entry:
    entry = Entry(
        seq=seq,
        at=at,
        actor_kind=tx.actor.kind,
        actor_id=tx.actor.id,
        action=line.action,
        about=None if line.about is None else about_token(keyring, tx.tenant, line.about),
        object=line.object,
        purpose=_sealed(keyring, tx.tenant, seq, line.purpose),
        prev=prev,
        hash=b"",
    )
    return _hashed(tx.tenant, entry)


def written(batch: Sequence[passages.PassageRow]) -> str:
    """The `object` of the one entry that stands for a batch of passages: first, how many, and a digest over all."""
    return f"passages:{batch[0].passage}:{len(batch)}:{passages.digest(batch).hex()}"


def about_token(keyring: Keyring, tenant: TenantId, person: PersonId | OperatorId) -> Token:
    """The standing token of a person in the journal: another one than in any other table."""
    return BlindIndex(keyring).standing_token(tenant, "journal-about", str(person))


def entries_about(
    db: Reader, keyring: Keyring, person: PersonId | OperatorId, *, before: int | None = None, limit: int = 50
) -> list[Told]:
    """What was done or looked at about one person, newest first."""
    token = about_token(keyring, db.tenant, person)
    return [_told(db, keyring, entry) for entry in rows.page(db, about=token, before=before, limit=limit)]


def entries(
    db: Reader,
    keyring: Keyring,
    *,
    before: int | None = None,
    limit: int = 50,
    since: int = 0,
    person: PersonId | None = None,
    actor: str = "",
    kind: str = "",
) -> list[Told]:
    """Newest first, from number `since` on: about that person, by that actor, of that action or first word of one."""
    about = None if person is None else about_token(keyring, db.tenant, person)
    found = rows.page(db, about=about, before=before, limit=limit, since=since, actor=actor, kind=kind)
    return [_told(db, keyring, entry) for entry in found]


def verify(store: Store, tenant: TenantId, also: Callable[[Entry], Flaw | None] = lambda _entry: None) -> Verdict:
    """Walk the whole chain, a thousand entries at a time. Needs no key. `also` is asked about every entry that is good."""
    with store.read(tenant) as db:
        try:
            head = rows.head(db)
        except rows.NoJournal:
            return Verdict(0, Flaw.NO_HEAD)
        good, prev = 0, GENESIS
        for entry in rows.stream(db):
            flaw = _flaw(tenant, entry, good + 1, prev) or also(entry)
            if flaw is not None:
                return Verdict(good, flaw, good + 1)
            good, prev = entry.seq, entry.hash
    if good < head.seq:
        return Verdict(good, Flaw.CUT, good + 1)
    if good > head.seq or prev != head.hash:
        return Verdict(good, Flaw.GROWN, good)
    return Verdict(good)


def _flaw(tenant: TenantId, entry: Entry, expected: int, prev: bytes) -> Flaw | None:
    if entry.seq != expected:
        return Flaw.MISSING
    if digest(tenant, entry) != entry.hash:
        return Flaw.EDITED
    return Flaw.UNCHAINED if entry.prev != prev else None


def digest(tenant: TenantId, entry: Entry) -> bytes:
    """SHA-256 over the version and every field, each behind its length (docs/format.md); absent and empty differ."""
    return hashlib.sha256(
        fields(
            VERSION,
            tenant.bytes,
            str(entry.seq).encode(),
            str(microseconds(entry.at)).encode(),
            entry.actor_kind.encode(),
            entry.actor_id.encode(),
            entry.action.encode(),
            _optional(entry.about),
            entry.object.encode(),
            _optional(entry.purpose),
            entry.prev,
        )
    ).digest()


def _optional(value: bytes | None) -> bytes:
    return b"\x00" if value is None else b"\x01" + value


def _hashed(tenant: TenantId, entry: Entry) -> Entry:
    return replace(entry, hash=digest(tenant, entry))


def _sealed(keyring: Keyring, tenant: TenantId, seq: int, purpose: str) -> Sealed | None:
    if not purpose:
        return None
    return keyring.seal(tenant, KeyKind.TENANT, "", _place(tenant, seq), purpose.encode())


def _told(db: Reader, keyring: Keyring, entry: Entry) -> Told:
    purpose = "" if entry.purpose is None else keyring.open(_place(db.tenant, entry.seq), entry.purpose).decode()
    return Told(entry.seq, entry.at, entry.actor_kind, entry.actor_id, entry.action, entry.object, purpose)


def _place(tenant: TenantId, seq: int) -> Place:
    return Place(tenant, "journal", "purpose", str(seq))
