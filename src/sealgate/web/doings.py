"""The journal in words: what an entry about a person says, in a sentence that begins with who did it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sealgate.flows.people import JournalLine
from sealgate.web.asking import purpose_words
from sealgate.web.i18n import Words, _

DOINGS: Mapping[str, str] = {
    "person.enrolled": _("%(who)s enrolled them"),
    "person.changed": _("%(who)s changed the record"),
    "person.suspended": _("%(who)s suspended their ways in"),
    "person.restored": _("%(who)s let them in again"),
    "person.opened": _("%(who)s opened this record"),
    "consent.given": _("%(who)s recorded consent to face"),
    "consent.withdrawn": _("%(who)s recorded the withdrawal of consent"),
    "face.enrolled": _("%(who)s enrolled the face"),
    "credential.added": _("%(who)s added a way in"),
    "credential.ended": _("%(who)s ended a way in"),
    "phone.shown": _("%(who)s saw the phone number"),
    "email.shown": _("%(who)s saw the e-mail address"),
    "credential.shown": _("%(who)s saw the card number or plate"),
    "passages.searched": _("%(who)s searched for their passages"),
    "picture.opened": _("%(who)s opened a picture"),
}
"""By the journal's actions. An action that is missing here is shown by its own name."""

ACTORS: Mapping[str, str] = {"gate": _("A gate"), "system": _("Sealgate"), "person": _("The person")}


@dataclass(frozen=True, slots=True)
class Doing:
    at: datetime
    words: str
    purpose: str
    own: bool


def doing(words: Words, line: JournalLine) -> Doing:
    who = words.gettext(ACTORS[line.who]) if line.who in ACTORS else line.who
    sentence = DOINGS.get(line.action)
    said = words.gettext(sentence, who=who) if sentence else f"{who}: {line.action}"
    return Doing(line.at, said, purpose_words(words, line.purpose), line.own)
