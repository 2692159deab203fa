"""What somebody sits at, in two words: a browser and a system, as the browser says of itself.

The surprising thing: nothing finer is read. A version or a model would tell people apart, and a list of sessions needs no more
than that its owner knows their own.
"""

from __future__ import annotations

LONGEST = 400
"""Characters of what a browser says that are looked at."""

BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_words(said: str) -> str:
    """`Firefox, Windows`; one word where only one is known, empty where neither is."""
    heard = said[:LONGEST]
    found = (next((word for mark, word in table if mark in heard), "") for table in (BROWSERS, SYSTEMS))
    return ", ".join(filter(None, found))
