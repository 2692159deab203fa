"""The stylesheet of the driver's page: what that page needs of `sealgate.css`, cut out when the program starts.

A phone in a garage has little signal, so the page does not carry the console's tables and plots; and because it is cut and
not copied, the two can never look different.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib.resources import files

WHOLE_LAYERS = frozenset({"tokens", "base", "print"})
PARTS = frozenset({".button", ".facts", ".notice", ".field", ".input", ".choice", ".summary", ".plate", ".bill", ".qr"})
PLACES = frozenset({".pay", ".icon", ".stack", ".row", ".gap-2", ".wrap", "main", "fieldset", "summary"})
WANTED = PARTS | PLACES
"""The first word of those rules that are kept of the other layers."""

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_LAYER = re.compile(r"@layer ([a-z]+)$")
_FIRST = re.compile(r"[.a-z-]+")


@cache
def sheet() -> str:
    """CSS, about a third of the whole."""
    text = _COMMENT.sub("", (files("sealgate.web") / "static" / "sealgate.css").read_text(encoding="utf-8"))
    return "\n".join(_kept(text))


@cache
def address() -> str:
    """With a digest of its content, so that it may be kept for ever."""
    return f"/pay/sheet.css?v={sha256(sheet().encode()).hexdigest()[:16]}"


def _kept(text: str) -> Iterator[str]:
    for head, body in _blocks(text):
        layer = _LAYER.match(head)
        if layer is None:
            if body == "" or head.startswith("@media (prefers-"):
                yield f"{head} {{{body}}}" if body else f"{head};"
        elif layer[1] in WHOLE_LAYERS:
            yield f"{head} {{{body}}}"
        else:
            rules = [f"{inner} {{{rule}}}" for inner, rule in _blocks(body) if _wanted(inner)]
            yield f"{head} {{ {' '.join(rules)} }}" if rules else ""


def _wanted(selectors: str) -> bool:
    firsts = [_FIRST.match(selector.strip()) for selector in selectors.split(",")]
    return any(first is not None and first[0] in WANTED for first in firsts)


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Each rule on the outermost level as its head and what is in its braces; a statement without braces has nothing in it."""
    start = depth = opened = 0
    for place, letter in enumerate(text):
        if letter == "{":
            opened, depth = (place if depth == 0 else opened), depth + 1
        elif letter == "}":
            depth -= 1
            if depth == 0:
                yield text[start:opened].strip(), text[opened + 1 : place].strip()
                start = place + 1
        elif letter == ";" and depth == 0:
            yield text[start:place].strip(), ""
            start = place + 1
