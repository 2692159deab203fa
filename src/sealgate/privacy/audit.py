"""Whether the journal is what it was: the chain itself, our own signed checkpoints, and those that witnesses kept outside.

The chain finds an entry that was edited, taken out, put elsewhere or cut off. Who rewrote the chain with its head cannot sign
a checkpoint without the root key; who threw ours away with it, or put an old copy in the journal's place, is contradicted by
the notes outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sealgate.domain.ids import TenantId
from sealgate.privacy.checkpoints import Checkpoint, origin_of, verified
from sealgate.privacy.journal import Flaw, Verdict, verify
from sealgate.privacy.merkle import Peaks
from sealgate.privacy.notes import BadNote, Verifier, split
from sealgate.store import checkpoints as rows
from sealgate.store.engine import Store
from sealgate.store.journal import Entry


@dataclass(frozen=True, slots=True)
class Audit:
    """`checkpoints` of ours and `outside` ones agree with the entries that were found good. Without a key to verify them
    by, `signed` is False: their roots were compared and not who signed them."""

    verdict: Verdict
    checkpoints: int
    outside: int
    signed: bool


def audit(store: Store, tenant: TenantId, verifier: Verifier | None, outside: Sequence[str] = ()) -> Audit:
    """`outside` are notes of witnesses about any journal; those of this one count."""
    with store.read(tenant) as db:
        ours = [row.note for row in rows.checkpoints(db)]
    theirs = [note for note in outside if note.startswith(origin_of(tenant) + "\n")]
    try:
        marks, marks_outside = _marks(ours, verifier), _marks(theirs, verifier)
    except BadNote:
        return Audit(Verdict(0, Flaw.FORGED), 0, 0, verifier is not None)
    along = _Along([*marks, *marks_outside])
    verdict = verify(store, tenant, along)
    if verdict.whole and along.largest > verdict.entries:
        verdict = replace(verdict, flaw=Flaw.ROLLED_BACK, at=verdict.entries + 1)
    agree, agree_outside = (sum(mark.size <= verdict.entries for mark in some) for some in (marks, marks_outside))
    return Audit(verdict, agree, agree_outside, verifier is not None)


def _marks(notes: Sequence[str], verifier: Verifier | None) -> list[Checkpoint]:
    """Raises `BadNote`."""
    return [Checkpoint.parse(split(note)[0]) if verifier is None else verified(note, verifier) for note in notes]


class _Along:
    """Grows the tree as the chain is walked, and compares it where a checkpoint says what it was."""

    def __init__(self, marks: Sequence[Checkpoint]) -> None:
        self._tree = Peaks()
        self._roots: dict[int, set[bytes]] = {}
        for mark in marks:
            self._roots.setdefault(mark.size, set()).add(mark.root)
        self.largest = max(self._roots, default=0)

    def __call__(self, entry: Entry) -> Flaw | None:
        self._tree.add(entry.hash)
        said = self._roots.get(entry.seq)
        return Flaw.REWRITTEN if said and said != {self._tree.root()} else None
