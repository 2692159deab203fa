"""Attacks that look for whole things that anybody can open: documents, films, cards, archives of office programs; and for keys.

The surprising thing: of a document only its first bytes are looked for, not its words. A PDF writes glyphs by their numbers,
so no name stands in it; and there is no reason for any to lie in a copy at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sealgate.drills.needles import Needle, base64_core, needles_of
from sealgate.drills.scene import Attack, Count, Scene
from sealgate.drills.streams import pieces, places_of
from sealgate.drills.truth import Truth

LONGEST = 256
"""Bytes within which a whole beginning or key lies; so near the border of two pieces it may be counted by both."""

_DOCUMENTS: tuple[tuple[bytes, int, re.Pattern[bytes], str], ...] = tuple(
    (literal, back, re.compile(whole, re.DOTALL), called)
    for literal, back, whole, called in (
        (b"%PDF-", 0, rb"%PDF-[12]\.\d", "a PDF"),
        (b"ftyp", 4, rb"\0\0\0.ftyp(?:isom|iso[2-9]|mp4[12]|avc1|dash|M4V |qt  )", "a film"),
        (b"\x1aE\xdf\xa3", 0, rb"\x1aE\xdf\xa3.{4,40}(?:matroska|webm)", "a film"),
        (b"OggS\0\x02", 0, rb"OggS\0\x02\0{8}", "a recording of sound"),
        (b"WAVEfmt ", 8, rb"RIFF....WAVEfmt ", "a recording of sound"),
        (b"BEGIN:V", 0, rb"BEGIN:V(?:CARD|CALENDAR)\r?\n", "a card of an address book or a calendar"),
        (
            b"PK\x03\x04",
            0,
            rb"PK\x03\x04.{26}(?:\[Content_Types\]\.xml|mimetype|xl/|word/|_rels/)",
            "an archive of an office program",
        ),
        (b"{\\rtf1", 0, rb"\{\\rtf1", "a document of an office program"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, rb".", "a document of an office program"),
    )
)
"""What it begins with: bytes to look for, how far behind the beginning they stand, the whole, and what it is called."""

_KEYS = (
    (b"PRIVATE KEY-----", 40, re.compile(rb".{0,40}?-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----", re.DOTALL), "a private key"),
    (b"sealgate-root-1 ", 0, re.compile(rb"sealgate-root-1 [0-9a-f]{64}"), "a root key's file"),
    (b"AGE-SECRET-KEY-1", 0, re.compile(rb"AGE-SECRET-KEY-1[0-9A-Z]{20}"), "a private key"),
)
Kinds = tuple[tuple[bytes, int, re.Pattern[bytes], str], ...]


def _found(kinds: Kinds, data: bytes) -> Iterator[tuple[int, str]]:
    for literal, back, whole, called in kinds:
        for at in places_of(literal, data):
            if whole.match(data, max(at - back, 0)):
                yield at, called


def _documents(scene: Scene, count: Count) -> None:
    for piece in pieces(scene.stolen):
        scene.told(f"{piece.name} {piece.at >> 20} MiB")
        count.tries += len(_DOCUMENTS)
        for at, called in _found(_DOCUMENTS, piece.data):
            if at >= piece.old - LONGEST:
                count.found(f"{piece.name}@{piece.at + at}", called)
    for where, how, inner in scene.wrapped():
        count.tries += 1
        for at, called in _found(_DOCUMENTS, inner[:64]):
            if at < 16:
                count.found(f"{where} ({how})", called)


def _keys(scene: Scene, count: Count) -> None:
    secrets = [
        (needle.seek, 0, re.compile(b""), f"{needle.kind} in {needle.form}") for needle in needles_of_secrets(scene.truth)
    ]
    kinds = (*_KEYS, *secrets)
    for piece in pieces(scene.stolen):
        scene.told(f"{piece.name} {piece.at >> 20} MiB")
        count.tries += len(kinds)
        for at, called in _found(kinds, piece.data):
            if at >= piece.old - LONGEST:
                count.found(f"{piece.name}@{piece.at + at}", called)
    for where, how, inner in scene.wrapped():
        count.tries += len(kinds)
        for _at, called in _found(kinds, inner):
            count.found(f"{where} ({how})", called)


def needles_of_secrets(truth: Truth) -> list[Needle]:
    """The root key and whatever else the settings hold that is nobody's to know."""
    made: list[Needle] = []
    for secret, kind in truth.secrets.items():
        made.append(Needle(secret, "raw", kind))
        made += (Needle(form, "hex", kind) for form in (secret.hex().encode(), secret.hex().upper().encode()))
        made += (Needle(base64_core(secret, shift), "base64", kind) for shift in range(3))
        if secret.isascii():
            made += needles_of(secret.decode("ascii"), kind)
    return list({needle.seek: needle for needle in made if len(needle.seek) >= 6}.values())


ATTACKS = (
    Attack(
        "documents",
        "Looks in every file, packed or not, for what begins like a PDF, film, recording, address book or office file.",
        _documents,
    ),
    Attack(
        "keys",
        "Looks for the root key, the passphrase and the secrets of the settings in every form, and for any private key.",
        _keys,
    ),
)
