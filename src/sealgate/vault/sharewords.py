"""A word for each byte, for shares that somebody reads from paper. The order is part of the format (docs/format.md).

The first four letters tell each from all others, so that is all that has to be typed.
"""

from __future__ import annotations

from importlib.resources import files

WORDS = tuple((files("sealgate.vault") / "sharewords.txt").read_text(encoding="ascii").split())
"""256 of them, in the order of the alphabet."""

BYTE_OF = {word[:4]: byte for byte, word in enumerate(WORDS)}
