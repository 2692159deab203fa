"""A program that started sealed waits here for its root: a passphrase, or the shares of a quorum, one by one.

While the vault is sealed nobody can sign in, so whoever brings a share is known by the share alone. Shares lie in memory only,
for a quarter of an hour at most, and are gone the moment the vault opens. The surprising thing: a wrong one is told at once,
and what is told is only that it does not belong here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Lock

from sealgate.domain.errors import Conflict, Fault, Refused
from sealgate.ports import Clock
from sealgate.vault.errors import WrongRoot
from sealgate.vault.keptroots import Holder, holders
from sealgate.vault.keyring import Keyring
from sealgate.vault.roots import Root, open_passphrase_root
from sealgate.vault.shares import Quorum, Share, open_quorum, quorum_of, quorums, read_share

FORGOTTEN_AFTER = timedelta(minutes=15)


class AlreadyOpen(Conflict):
    """The vault is open: nothing has to be given."""

    code = "unseal.open-already"


class ShareGiven(Conflict):
    """This share was given already; another holder's is needed."""

    code = "unseal.share-given"


@dataclass(frozen=True, slots=True)
class Standing:
    """`holders` say who has the root; of a quorum `have` shares were given and `need` are needed. `trouble` is the code of what
    kept the program from finding its root by itself. `changing`: a change of the root was cut short, and the other root is
    needed as well to finish it."""

    sealed: bool
    holders: tuple[Holder, ...] = ()
    have: int = 0
    need: int = 0
    trouble: str = ""
    changing: bool = False

    @property
    def wants_share(self) -> bool:
        return (self.sealed or self.changing) and Holder.QUORUM in self.holders

    @property
    def wants_passphrase(self) -> bool:
        return (self.sealed or self.changing) and Holder.PASSPHRASE in self.holders


class Unsealing:
    """Any thread may call; one share or passphrase is looked at at a time, for a passphrase takes 64 MiB.

    `find` gives the roots of a root check that are to be had without people.
    """

    def __init__(self, keyring: Keyring, clock: Clock, find: Callable[[bytes], Sequence[Root]]) -> None:
        self._keyring, self._clock, self._find = keyring, clock, find
        keyring.look_with(find)
        self._shares: dict[tuple[bytes, int], Share] = {}
        self._since: datetime | None = None
        self._trouble = ""
        self._turn = Lock()
        self._after: list[Callable[[str], object]] = []
        self.open = Event()

    def when_open(self, call: Callable[[str], object]) -> None:
        """Call this each time the vault opens, with a few words on what opened it that name nobody."""
        self._after.append(call)

    def standing(self) -> Standing:
        sealed, whole = self._keyring.is_sealed, self._keyring.is_current
        if not sealed and whole:
            return Standing(sealed=False)
        check = self._keyring.root_check()
        with self._turn:
            self._forget_old()
            have, need = self._best(check)
        return Standing(sealed, tuple(dict.fromkeys(holders(check))), have, need, self._trouble, changing=not sealed)

    def look(self) -> bool:
        """Look for the root where it needs nobody, and say whether the vault is open. Raises what `RootSource.roots` does."""
        check = self._keyring.root_check()
        if self._keyring.is_sealed or not self._keyring.is_current:
            if not self._keyring.follow():
                self.open.clear()
            self._follow(self._find(check), "found")
        return not self._keyring.is_sealed

    def watch(self) -> None:
        """`look` of a round: what is in the way is remembered for whoever asks, and tried again."""
        try:
            self.look()
            self._trouble = ""
        except (Fault, Refused) as trouble:
            self._trouble = trouble.code

    def give_passphrase(self, text: str) -> Standing:
        """Raises `AlreadyOpen`, `WrongRoot`."""
        self._must_be_wanted()
        with self._turn:
            root = open_passphrase_root(text, self._keyring.root_check())
            self._follow([root], Holder.PASSPHRASE.value)
        return self.standing()

    def give_share(self, text: str) -> Standing:
        """Raises `AlreadyOpen`, `BadShare`, `ForeignShare`, `ShareGiven`."""
        self._must_be_wanted()
        check = self._keyring.root_check()
        share = read_share(text)
        with self._turn:
            self._forget_old()
            quorum = quorum_of(share, check)
            if (share.set, share.place) in self._shares:
                raise ShareGiven
            self._since = self._since or self._clock.now()
            self._shares[share.set, share.place] = share
            self._join(quorum, check)
        return self.standing()

    def _must_be_wanted(self) -> None:
        if not self._keyring.is_sealed and self._keyring.is_current:
            raise AlreadyOpen

    def _join(self, quorum: Quorum, check: bytes) -> None:
        of_set = self._of(quorum)
        if len(of_set) < quorum.threshold:
            return
        try:
            root = open_quorum(of_set, quorum, check)
        except WrongRoot:
            self._drop()
            raise
        self._follow([root], f"{Holder.QUORUM}:{','.join(map(str, sorted(of_set)))}")

    def _of(self, quorum: Quorum) -> dict[int, Share]:
        return {place: share for (name, place), share in self._shares.items() if name == quorum.set}

    def _follow(self, found: Sequence[Root], how: str) -> None:
        """Unlock with what was found. A rotation that had begun may need another root too; each opens what lies under it."""
        before = self._keyring.is_sealed, self._keyring.is_current
        if not found or not self._keyring.follow(found):
            return
        self._drop()
        self.open.set()
        if before != (False, self._keyring.is_current):
            for call in self._after:
                call(how)

    def _best(self, check: bytes) -> tuple[int, int]:
        found = [(len(self._of(quorum)), quorum.threshold) for quorum in quorums(check)]
        return max(found, default=(0, 0))

    def _forget_old(self) -> None:
        if self._since is not None and self._clock.now() - self._since > FORGOTTEN_AFTER:
            self._drop()

    def _drop(self) -> None:
        self._shares.clear()
        self._since = None
