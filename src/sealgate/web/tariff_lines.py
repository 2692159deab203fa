"""Where in a tariff file a key stands: from the path that a refusal names to the line that somebody has to look at.

The surprising thing: the file is not parsed for it. A broken file has no tables to ask, so this reads headers and keys as
they are written and answers the nearest line that it knows, or none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_HEADER = re.compile(r"\s*(\[\[?)\s*([\w\-.]+)\s*\]")
_KEY = re.compile(r"\s*([\w\-]+)\s*=")
_LAST = re.compile(r"(\[\d+\]|\.?[^.\[\]]+)$")
_TOLD = re.compile(r"line (\d{1,6})")


def line_of(text: str, path: str) -> int | None:
    """The line, from 1, of a path such as `rate[2].band[1].steps[3].price`; None where nothing of it is found."""
    known = dict(_places(text))
    for start, least in ((path, ""), (f"rate[1].{path}", "rate[1]")):
        shorter, item = start, 0
        while shorter != least:
            if shorter in known:
                return _item(text, known[shorter], item)
            ending = _LAST.search(shorter)
            if ending is None:
                break
            item = int(ending[0][1:-1]) if ending[0].startswith("[") else 0
            shorter = shorter[: ending.start()]
    return None


def told_line(message: str) -> int | None:
    """The line that a parser names in its own words."""
    found = _TOLD.search(message)
    return int(found[1]) if found else None


def _places(text: str) -> Iterator[tuple[str, int]]:
    """Every header and key with its line, the last of equal ones winning."""
    counts: dict[str, int] = {}
    here = ""
    for number, line in enumerate(text.splitlines(), 1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            here = _entered(header[2].split("."), counts, many=header[1] == "[[")
            if counts.get(_plain(here), 1) == 1:
                yield _plain(here), number
            yield here, number
        elif key:
            yield f"{here}.{key[1]}" if here else key[1], number


def _entered(names: list[str], counts: dict[str, int], *, many: bool) -> str:
    """The path of the table that a header begins; `counts` says how many there are of each array."""
    path = ""
    for name in names[:-1]:
        path = f"{path}.{name}" if path else name
        path += f"[{counts[path]}]" if path in counts else ""
    path = f"{path}.{names[-1]}" if path else names[-1]
    if not many:
        return path
    counts[path] = counts.get(path, 0) + 1
    return f"{path}[{counts[path]}]"


def _plain(path: str) -> str:
    return path[: path.rindex("[")] if path.endswith("]") else path


def _item(text: str, line: int, item: int) -> int:
    """The line of the `item`th table written in braces from that line on; the line itself where there is none."""
    lines = text.splitlines()
    if item < 1 or "=" not in lines[line - 1]:
        return line
    seen = 0
    for number, content in enumerate(lines[line - 1 :], line):
        seen += content.count("{")
        if seen >= item:
            return number
    return line
