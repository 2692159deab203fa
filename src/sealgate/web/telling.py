"""What a refusal or a fault says to the person in front of the screen: a sentence, what to do, and never a name.

A code without a sentence of its own is told by its status; a test lists the codes and wants one for each.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.exceptions import HTTPException

from sealgate.domain.errors import Fault, Refused
from sealgate.web.i18n import Words, _
from sealgate.web.refusals import FAULTS, REFUSALS
from sealgate.web.sentences import Sentence

BY_STATUS = {
    400: Sentence(_("That could not be read"), _("Go back and try again")),
    401: Sentence(_("Nobody is signed in"), _("Sign in and try again")),
    403: Sentence(_("You may not do that"), _("Ask whoever gives roles at this site")),
    404: Sentence(_("There is nothing at this address"), _("It may have been removed, or it belongs to somebody else")),
    405: Sentence(_("This address does not take that"), _("Go back and try again")),
    409: Sentence(_("Somebody was first. Nothing was changed."), _("Load the page again")),
    410: Sentence(_("This is gone"), ""),
    413: Sentence(_("That is too large"), _("Send a smaller file")),
    422: Sentence(_("That does not fit"), _("Check what was typed")),
    429: Sentence(_("Too many tries"), _("Wait a little and try again")),
}
FAULT = Sentence(_("That did not work and nothing was saved"), "")


@dataclass(frozen=True, slots=True)
class Told:
    """What the reader is told. `field` is the input that it is about, or empty; `fault` the id under which it is logged."""

    status: int
    code: str
    message: str
    hint: str = ""
    field: str = ""
    fault: str = ""


def tell(words: Words, error: Exception, fault: str = "") -> Told:
    """Refusals keep their status; whatever else it was is ours: 503 for a named fault, 500 for a bug."""
    match error:
        case Refused():
            sentence = REFUSALS.get(error.code) or BY_STATUS.get(error.status, BY_STATUS[422])
            return _told(words, error.status, error.code, sentence, field=str(getattr(error, "field", "")))
        case HTTPException():
            sentence = BY_STATUS.get(error.status_code, BY_STATUS[400])
            return _told(words, error.status_code, f"http.{error.status_code}", sentence)
        case Fault():
            return _told(words, 503, error.code, FAULTS.get(error.code, FAULT), fault=fault)
        case _:
            return _told(words, 500, "bug", FAULT, fault=fault)


def _told(words: Words, status: int, code: str, sentence: Sentence, *, field: str = "", fault: str = "") -> Told:
    return Told(status, code, words.gettext(sentence.message), words.gettext(sentence.hint), field, fault)
