"""One question that must be answered first: a dialog over the page, or a page of its own where no script runs.

Both are the same template. htmx asks for the dialog's inside; a browser without it follows the same link.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse

from sealgate.domain.operators import Purpose
from sealgate.web.frame import render
from sealgate.web.i18n import Words


def ask(request: Request, template: str, /, *, status: int = 200, back: str, **context: Any) -> HTMLResponse:
    """`template` is the inside of the dialog; `back` is where somebody goes who would rather not."""
    if "hx-request" in request.headers:
        return render(request, template, status=status, back=back, **context)
    return render(request, "picture_page.html", status=status, inside=template, back=back, **context)


def purpose_of(purpose: str, note: str) -> str:
    """As the flows take it: the word, and a note after a colon."""
    return f"{purpose}: {note}" if note.strip() else purpose


def purpose_words(words: Words, purpose: str) -> str:
    """What was journaled as a purpose, for a reader; free words stay as they are."""
    word, colon, note = purpose.partition(":")
    try:
        said = words.say(Purpose(word.strip()))
    except ValueError:
        return purpose
    return f"{said}{colon}{note}"
