"""How long personal things are kept: four times that an organisation may choose, within what the law asks and what is decent.

The surprising thing: only these are chosen. What ends with a session, a visit or a person ends with it, and nobody can make
a stranger's passage stay for ever: the longest time for passages is three years.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from sealgate.domain.errors import Invalid


class Kept(StrEnum):
    """What a time is chosen for; also the words in which it is stored."""

    PASSAGES = "passages"
    PAPERS = "papers"
    HOURS = "hours"
    ACCOUNTS = "accounts"


BOUNDS: dict[Kept, tuple[int, int]] = {
    Kept.PASSAGES: (1, 1_096),
    Kept.PAPERS: (1, 1_096),
    Kept.HOURS: (731, 3_653),
    Kept.ACCOUNTS: (1_827, 10_958),
}
"""Days, least and most. Hours: two years (Interim Provisions on Wage Payment, China, art. 6: records of wages are kept
for two years at least). Accounts: five years at least, and thirty at most, the time for vouchers in China (Measures for
Accounting Archives, 2015)."""


class BadTimes(Invalid):
    """A time is no whole number of days, or outside what may be chosen."""

    code = "retention.bad-times"


@dataclass(frozen=True, slots=True)
class Times:
    """Days after a passage, after a paper's end, after a day's work, after a payment. Payslips go by the pay policy."""

    passages: int = 90
    papers: int = 90
    hours: int = 1_096
    accounts: int = 3_653

    def of(self, kept: Kept) -> int:
        days: int = getattr(self, kept.value)
        return days


def checked_times(given: Mapping[str, object]) -> Times:
    """Raises `BadTimes`, which names the field.

    >>> checked_times({"passages": "30"}).passages
    30
    """
    chosen: dict[str, int] = {}
    for name in (field.name for field in fields(Times)):
        if name not in given:
            continue
        least, most = BOUNDS[Kept(name)]
        text = str(given[name]).strip()
        if not text.isascii() or not text.isdigit() or len(text) > 6 or not least <= int(text) <= most:
            raise BadTimes(f"between {least} and {most} days", field=name)
        chosen[name] = int(text)
    return Times(**chosen)
