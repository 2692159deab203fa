"""The journal in words: what an entry about a person says, in a sentence that begins with who did it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sealgate.flows.people import JournalLine
from sealgate.web.asking import purpose_words
from sealgate.web.doings_elsewhere import ELSEWHERE
from sealgate.web.i18n import Words, _

DOINGS: Mapping[str, str] = {
    "person.enrolled": _("%(who)s enrolled them"),
    "person.brought": _("%(who)s enrolled them, out of a file"),
    "person.changed": _("%(who)s changed the record"),
    "person.suspended": _("%(who)s suspended their ways in"),
    "person.restored": _("%(who)s let them in again"),
    "person.synced": _("%(who)s brought the record in step with the directory"),
    "person.left": _("%(who)s ended their ways in: they left"),
    "person.returned": _("%(who)s let them in again: they returned"),
    "person.exported": _("%(who)s handed over everything about them"),
    "person.export-begun": _("%(who)s opened everything about them to hand it over"),
    "approval.asked": _("%(who)s asked a second operator about them"),
    "approval.given": _("%(who)s agreed, as the second"),
    "approval.refused": _("%(who)s did not agree, as the second"),
    "approval.used": _("%(who)s did what a second had agreed to"),
    "person.erasing": _("%(who)s erased them"),
    "person.opened": _("%(who)s opened this record"),
    "team.joined": _("%(who)s put them into a team"),
    "team.left": _("%(who)s took them out of a team"),
    "team.roll-taken": _("%(who)s took the real-name list along"),
    "performance.taken": _("%(who)s took their figures along in a file"),
    "performance.read": _("%(who)s read their figures"),
    "performance.opened": _("%(who)s opened their performance"),
    "goal.set": _("%(who)s set a goal"),
    "goal.moved": _("%(who)s said how far a goal is"),
    "goal.ended": _("%(who)s ended a goal"),
    "review.scored": _("%(who)s scored them in a review"),
    "review.own-words": _("%(who)s wrote into a review"),
    "ask.access": _("%(who)s asked for an explanation or a copy"),
    "ask.correct": _("%(who)s asked for a correction"),
    "ask.erase": _("%(who)s asked to be erased"),
    "ask.taken-back": _("%(who)s took back what they asked"),
    "ask.opened": _("%(who)s read what they asked"),
    "ask.granted": _("%(who)s did what they asked"),
    "ask.refused": _("%(who)s refused what they asked"),
    "journal.searched": _("%(who)s searched the journal for them"),
    "journal.exported": _("%(who)s took the journal’s entries about them along"),
    "breach.listed": _("%(who)s took them into the list of a breach"),
    "hold.made": _("%(who)s made a legal hold"),
    "hold.lifted": _("%(who)s lifted a legal hold"),
    "own.contact-changed": _("%(who)s changed their own telephone or e-mail"),
    "consent.given": _("%(who)s recorded consent to face"),
    "consent.withdrawn": _("%(who)s recorded the withdrawal of consent"),
    "face.enrolled": _("%(who)s enrolled the face"),
    "credential.added": _("%(who)s added a way in"),
    "credential.ended": _("%(who)s ended a way in"),
    "phone.shown": _("%(who)s saw the phone number"),
    "email.shown": _("%(who)s saw the e-mail address"),
    "credential.shown": _("%(who)s saw the card number or plate"),
    "own.link-made": _("%(who)s made a link to this person’s own page"),
    "own.entered": _("%(who)s came in by the link to their own page"),
    "own.left": _("%(who)s signed out of their own page"),
    "passages.read": _("%(who)s read passages of theirs by a program"),
    "hours.read": _("%(who)s read the working hours"),
    "hours.records-read": _("%(who)s read what was written about the working hours"),
    "hours.corrected": _("%(who)s corrected a day"),
    "hours.punched": _("%(who)s wrote a mark by hand"),
    "hours.overtime-approved": _("%(who)s settled overtime"),
    "hours.correction-asked": _("%(who)s asked for a correction of a day"),
    "hours.correction-withdrawn": _("%(who)s took back a request"),
    "hours.correction-approved": _("%(who)s accepted a correction"),
    "hours.correction-refused": _("%(who)s refused a correction"),
    "leave.read": _("%(who)s read the leave and its balances"),
    "leave.asked": _("%(who)s asked for leave"),
    "leave.approved": _("%(who)s approved leave"),
    "leave.refused": _("%(who)s refused leave"),
    "leave.withdrawn": _("%(who)s took leave back"),
    "leave.granted": _("%(who)s gave leave by hand"),
    "leave.service-set": _("%(who)s wrote down since when they work"),
    "pay.opened": _("%(who)s looked at what was agreed about pay"),
    "pay.terms-changed": _("%(who)s changed what was agreed about pay"),
    "pay.terms-removed": _("%(who)s removed an agreement about pay"),
    "pay.entered": _("%(who)s entered something for a month’s pay"),
    "account.shown": _("%(who)s took the bank account into a file for the bank"),
    "payslips.erased": _("%(who)s destroyed payslips that were kept long enough"),
    "payslip.opened": _("%(who)s opened a payslip"),
    "payslips.listed": _("%(who)s looked at their own payslips"),
    "visit.invited": _("%(who)s invited them"),
    "visit.asked": _("%(who)s was asked to let them in"),
    "visit.agreed": _("%(who)s recorded that they agreed to the notice"),
    "visit.approved": _("%(who)s let them in as a visitor"),
    "visit.refused": _("%(who)s did not let them in"),
    "visit.blocked": _("%(who)s found them on the block list"),
    "visit.opened": _("%(who)s opened the visit"),
    "visit.cancelled": _("%(who)s cancelled the visit"),
    "visit.checked-in": _("%(who)s checked them in"),
    "visit.checked-out": _("%(who)s checked them out"),
    "visit.overstayed": _("%(who)s noted that the visit is over"),
    "visit.missed": _("%(who)s noted that they did not come"),
    "visit.reminded": _("%(who)s reminded them of the end"),
    "visit.answers-erased": _("%(who)s erased answers that were kept long enough"),
    "visit.forget-asked": _("%(who)s asked to be forgotten"),
    "visit.forget-withdrawn": _("%(who)s wants the visit kept as the notice says"),
    "passages.searched": _("%(who)s searched for their passages"),
    "picture.opened": _("%(who)s opened a picture"),
}
"""By the journal's actions: what entries about a person say."""

ALL: Mapping[str, str] = {**DOINGS, **ELSEWHERE}
"""Whatever the journal has. An action that is missing here, of a newer version, is shown by its own name."""

ACTORS: Mapping[str, str] = {
    "gate": _("A gate"),
    "system": _("Sealgate"),
    "operator": _("An operator"),
    "person": _("The person"),
}


@dataclass(frozen=True, slots=True)
class Doing:
    """`times` entries in a row that say the same; `at` is the newest of them."""

    at: datetime
    words: str
    purpose: str
    own: bool
    times: int = 1


def doings(words: Words, lines: Sequence[JournalLine]) -> list[Doing]:
    """Newest first, as the journal gives them. Whoever opened a record ten times in a row did one thing, ten times."""
    said: list[Doing] = []
    for line in lines:
        doing = _doing(words, line)
        if said and replace(said[-1], at=doing.at, times=1) == doing:
            said[-1] = replace(said[-1], times=said[-1].times + 1)
        else:
            said.append(doing)
    return said


def _doing(words: Words, line: JournalLine) -> Doing:
    who = words.gettext(ACTORS[line.who]) if line.who in ACTORS else line.who
    sentence = ALL.get(line.action)
    said = words.gettext(sentence, who=who) if sentence else f"{who}: {line.action}"
    return Doing(line.at, said, purpose_words(words, line.purpose), line.own)
