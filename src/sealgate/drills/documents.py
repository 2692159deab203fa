"""Attacks that look for whole things that anybody can open: documents, films, cards, archives of office programs; and for keys.

The surprising thing: of a document only its first bytes are looked for, not its words. A PDF writes glyphs by their numbers,
so no name stands in it; and there is no reason for any to lie in a copy at all.
"""

from __future__ import annotations

import re

from sealgate.drills.needles import Needle, Needles, base64_core, needles_of
from sealgate.drills.scene import Attack, Count, Scene
from sealgate.drills.streams import pieces
from sealgate.drills.truth import Truth

_DOCUMENTS = re.compile(
    rb"(?P<pdf>%PDF-[12]\.\d)"
    rb"|(?P<film>\0\0\0.ftyp(?:isom|iso[2-9]|mp4[12]|avc1|dash|M4V |qt  )|\x1aE\xdf\xa3.{4,40}(?:matroska|webm))"
    rb"|(?P<sound>OggS\0\x02\0{8}|RIFF....WAVEfmt )"
    rb"|(?P<card>BEGIN:V(?:CARD|CALENDAR)\r?\n)"
    rb"|(?P<archive>PK\x03\x04.{26}(?:\[Content_Types\]\.xml|mimetype|xl/|word/|_rels/))"
    rb"|(?P<letter>\{\\rtf1|\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1)",
    re.DOTALL,
)
_CALLED = {
    "pdf": "a PDF",
    "film": "a film",
    "sound": "a recording of sound",
    "card": "a card of an address book or a calendar",
    "archive": "an archive of an office program",
    "letter": "a document of an office program",
}

_PRIVATE = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----|sealgate-root-1 [0-9a-f]{64}|AGE-SECRET-KEY-1[0-9A-Z]{20}")


def _documents(scene: Scene, count: Count) -> None:
    for piece in pieces(scene.stolen):
        scene.told(f"{piece.name} {piece.at >> 20} MiB")
        count.tries += 1
        for match in _DOCUMENTS.finditer(piece.data):
            if match.end() > piece.old:
                count.found(f"{piece.name}@{piece.at + match.start()}", _CALLED[match.lastgroup or "pdf"])
    for where, how, inner in scene.wrapped():
        count.tries += 1
        if begins := _DOCUMENTS.match(inner):
            count.found(f"{where} ({how})", _CALLED[begins.lastgroup or "pdf"])


def _keys(scene: Scene, count: Count) -> None:
    known = needles_of_secrets(scene.truth)
    for piece in pieces(scene.stolen):
        scene.told(f"{piece.name} {piece.at >> 20} MiB")
        count.tries += 1 + len(known)
        for match in _PRIVATE.finditer(piece.data):
            if match.end() > piece.old:
                count.found(f"{piece.name}@{piece.at + match.start()}", "a private key")
        for hit in known.hits(piece.data):
            if hit.at + len(hit.needle.seek) > piece.old:
                count.found(f"{piece.name}@{piece.at + hit.at}", f"{hit.needle.kind} in {hit.needle.form}")
    for where, how, inner in scene.wrapped():
        count.tries += 1
        if _PRIVATE.search(inner) or any(known.hits(inner)):
            count.found(f"{where} ({how})", "a key")


def needles_of_secrets(truth: Truth) -> Needles:
    """The root key and whatever else the settings hold that is nobody's to know."""
    made: list[Needle] = []
    for secret, kind in truth.secrets.items():
        made.append(Needle(secret, "raw", kind))
        made += (Needle(form, "hex", kind) for form in (secret.hex().encode(), secret.hex().upper().encode()))
        made += (Needle(base64_core(secret, shift), "base64", kind) for shift in range(3))
        if secret.isascii():
            made += needles_of(secret.decode("ascii"), kind)
    return Needles(needle for needle in made if len(needle.seek) >= 6)


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
