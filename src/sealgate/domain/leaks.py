"""Reports of a leak: what a stranger tells us, and where it stands. Also the words of security.txt (RFC 9116)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sealgate.domain.errors import Invalid

LEAST, MOST = 10, 10_000
"""Characters of a report."""

MOST_CONTACT = 200
EXPIRES = timedelta(days=90)


class BadReport(Invalid):
    """A report that says nothing, or more than one does."""

    code = "leak.bad-report"


class LeakState(StrEnum):
    """Stored, counted and translated by these words."""

    NEW = "new"
    IN_HAND = "in-hand"
    FIXED = "fixed"
    NO_LEAK = "no-leak"


CLOSED = frozenset({LeakState.FIXED, LeakState.NO_LEAK})


@dataclass(frozen=True, slots=True)
class SecurityTxt:
    """Whom to write to, as the operator of this installation says. Without `contacts` our own page is the contact."""

    contacts: tuple[str, ...] = ()
    policy: str = ""
    languages: str = "zh, en"

    def text(self, address: str, now: datetime) -> str:
        """The file for the installation at `address`, good for ninety days."""
        expires = (now + EXPIRES).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        lines = [f"Contact: {contact}" for contact in (*self.contacts, f"{address}/leak")]
        lines += [f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}", f"Preferred-Languages: {self.languages}"]
        lines += [f"Canonical: {address}/.well-known/security.txt"]
        return "\n".join([*lines, *([f"Policy: {self.policy}"] if self.policy else [])]) + "\n"


def checked_words(words: str, contact: str) -> tuple[str, str]:
    """What is kept of a report. Raises `BadReport`."""
    words, contact = words.replace("\r\n", "\n").strip(), " ".join(contact.split())
    if not LEAST <= len(words) <= MOST or "\x00" in words:
        raise BadReport(f"{LEAST} to {MOST} characters", field="words")
    if len(contact) > MOST_CONTACT or not contact.isprintable():
        raise BadReport(f"at most {MOST_CONTACT} characters", field="contact")
    return words, contact
