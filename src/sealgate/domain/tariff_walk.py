"""Along the pieces of a stay, from entry to exit: each band's clock runs, and what is due is noted piece by piece.

The surprising thing: where a begun unit runs on over the end of its band, its price depends on bands that the stay may
not reach. It is settled by the whole unit and not by when the car leaves, so that staying longer is never cheaper;
only `DEARER` looks at the bands in which the car was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import NamedTuple

from sealgate.domain.money import rounded
from sealgate.domain.tariff_model import Band, Crossing, Per
from sealgate.domain.tariff_plan import Piece
from sealgate.domain.tariff_steps import Ladder, Step

Token = tuple[int | str, ...]
Look = Callable[[int, int], Sequence[Piece]]


class Charge(NamedTuple):
    """Due in one piece. `step` is None for a flat price and for free hours; `units` are those that began in it."""

    piece: Piece
    amount: int
    step: Step | None = None
    units: int = 0


def charges(pieces: Sequence[Piece], leaving: int, look: Look) -> list[Charge]:
    """What the pieces cost, in order, ceilings not yet held against it. `look` gives the bands of any time, numbered as
    `pieces` are; it is asked beyond `leaving` too."""
    walk = _Walk(leaving, look)
    walk.go(pieces)
    return walk.found


class _Walk:
    def __init__(self, leaving: int, look: Look) -> None:
        self.found: list[Charge] = []
        self._leaving = leaving
        self._look = look
        self._clocks: dict[str, tuple[Token, int]] = {}
        self._spent: dict[Token, int] = {}
        self._passed: dict[Token, int] = {}
        self._paid: tuple[int, int] = (-1, 0)
        """Until when a unit that ran on has paid, with the period in which that holds."""

    def go(self, pieces: Sequence[Piece]) -> None:
        last: Piece | None = None
        for coming in pieces:
            if last is not None and not _carries_on(last, coming):
                self._leave(last)
            piece = self._unpaid(coming)
            if piece is not None:
                self._spend(piece)
            last = piece
        if last is not None:
            self._leave(last)

    def _unpaid(self, piece: Piece) -> Piece | None:
        period, until = self._paid
        if period != piece.period or until <= piece.start:
            return piece
        return piece._replace(start=until) if until < piece.end else None

    def _spend(self, piece: Piece) -> None:
        if piece.band.ladder is not None:
            self._run(piece, piece.band.ladder)
        elif piece.band.flats:
            self._pass(piece)
        else:
            self.found.append(Charge(piece, 0))

    def _run(self, piece: Piece, ladder: Ladder) -> None:
        since = self._position(piece)
        until = since + piece.end - piece.start
        self._clocks[piece.band.clock] = (_token(piece, piece.band.restart), until)
        for step in ladder.steps:
            if step.start >= until:
                break
            if step.until is not None and step.until <= since:
                continue
            self.found.append(
                Charge(piece, step.earned(until) - step.earned(since), step, step.units(max(since, step.start), until))
            )

    def _pass(self, piece: Piece) -> None:
        band = piece.band
        token = _token(piece, band.per)
        before = self._spent.get(token, 0)
        self._spent[token] = after = before + piece.end - piece.start
        if before < band.least <= after:
            rules = (band.name, piece.period if band.per in {Per.WINDOW, Per.DAY} else 0)
            times = self._passed.get(rules, 0)
            self._passed[rules] = times + 1
            self.found.append(Charge(piece, band.flats[min(times, len(band.flats) - 1)], None, 1))

    def _position(self, piece: Piece) -> int:
        token, position = self._clocks.get(piece.band.clock, ((), 0))
        return position if token == _token(piece, piece.band.restart) else 0

    def _leave(self, piece: Piece) -> None:
        """The band ends here, or a hole in the charged time begins: what becomes of a begun unit?"""
        ladder = piece.band.ladder
        if ladder is None or piece.band.crossing is Crossing.JOINED:
            return
        position = self._position(piece)
        unit = ladder.begun_unit(position)
        if unit is None:
            return
        if piece.band.crossing.runs_on and unit[1] is not None:
            self._run_on(piece, ladder, position, (unit[0], unit[1]))
        else:
            self._stand(piece, ladder.used_up(position))

    def _run_on(self, piece: Piece, ladder: Ladder, position: int, unit: tuple[int, int]) -> None:
        """A flat price and the end of a period cut the unit: they begin on time."""
        began = piece.end - (position - unit[0])
        ahead = list(
            takewhile(
                lambda next_one: next_one.period == piece.period and not next_one.band.flats,
                self._look(piece.end, piece.end + unit[1] - position),
            )
        )
        ends = ahead[-1].end if ahead else piece.end
        step = ladder.step_at(unit[0])
        counts = step.total or min(ends, self._leaving) - began >= step.least
        due = self._unit_price(piece, unit, began, ahead) if counts else 0
        noted = ladder.price_between(unit[0], position)
        if noted:
            self._correct(step, due - noted)
        elif due:
            self.found.append(Charge(piece, due, step, 1))
        self._stand(piece, unit[1] if counts else unit[0])
        self._paid = (piece.period, ends)

    def _correct(self, step: Step, difference: int) -> None:
        """The unit that was noted last was noted at its own band's price. A ceiling must see the right one at once."""
        last = next(index for index in reversed(range(len(self.found))) if self.found[index].step is step)
        self.found[last] = self.found[last]._replace(amount=self.found[last].amount + difference)

    def _unit_price(self, piece: Piece, unit: tuple[int, int], began: int, ahead: Sequence[Piece]) -> int:
        """By its band's rule, of the bands that the unit lies in with so many seconds each."""
        dearer = piece.band.crossing is Crossing.DEARER
        until = self._leaving if dearer else ahead[-1].end if ahead else piece.end
        shares = [(self._price_in(piece, piece, unit), piece.end - began)]
        shares += [
            (self._price_in(piece, other, unit), min(other.end, until) - other.start) for other in ahead if other.start < until
        ]
        match piece.band.crossing:
            case Crossing.END:
                return shares[-1][0]
            case Crossing.DEARER:
                return max(price for price, _ in shares)
            case Crossing.CHEAPER:
                return min(price for price, _ in shares)
            case Crossing.LONGER:
                return _of_most_time(shares)
            case Crossing.SHARE:
                return rounded(sum(price * seconds for price, seconds in shares), sum(seconds for _, seconds in shares))
            case _:
                return shares[0][0]

    def _price_in(self, home: Piece, other: Piece, unit: tuple[int, int]) -> int:
        """What the unit would cost in that band: at the same place of a shared clock, else at the band's own."""
        if other.band.ladder is None:
            return 0
        if other.band.clock == home.band.clock:
            return other.band.ladder.price_between(*unit)
        since = self._position(other)
        return other.band.ladder.price_between(since, since + unit[1] - unit[0])

    def _stand(self, piece: Piece, position: int) -> None:
        self._clocks[piece.band.clock] = (_token(piece, piece.band.restart), position)


def _carries_on(last: Piece, coming: Piece) -> bool:
    band: Band = coming.band
    return last.end == coming.start and last.band is band and _token(last, band.restart) == _token(coming, band.restart)


def _token(piece: Piece, per: Per) -> Token:
    """Equal for two pieces in which the same thing counts on."""
    match per:
        case Per.WINDOW:
            return (per, piece.period, piece.window, piece.band.name)
        case Per.DAY:
            return (per, piece.period, piece.day, piece.band.clock)
        case Per.PERIOD:
            return (per, piece.period, piece.band.clock)
        case Per.STAY:
            return (per, piece.band.clock)


def _of_most_time(shares: Sequence[tuple[int, int]]) -> int:
    times: dict[int, int] = {}
    for price, seconds in shares:
        times[price] = times.get(price, 0) + seconds
    return max(times, key=lambda price: times[price])
