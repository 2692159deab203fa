"""Leaks that lie in files: logs, exports, old backups, caches, pictures, documents, keys; and one for each form of a word."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import secrets
import sqlite3
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np

from sealgate.drills.needles import needles_of
from sealgate.drills.planted import Leak, Words
from sealgate.drills.truth import Truth

PICTURES = (".jpg", ".png", ".webp", ".tiff", ".bmp", ".jp2")


def plant(data: Path, truth: Truth, words: Words, face: bytes | None, root: bytes) -> list[Leak]:
    for name in ("logs", "exports", "old", "forms"):
        (data / name).mkdir()
    made = [*_logs(data, words), *_exports(data, words), *_forms(data / "forms", words), *_packed(data / "old", words)]
    made += [*_pictures(data), *_documents(data / "exports", words), *_templates(data / "old", truth)]
    if face is not None:
        _blob(data, face)
        made.append(Leak("a face in a blob", "faces in pictures", "blobs/"))
    if root:
        (data / "old" / "install.sh").write_text(f"export ROOT={base64.b64encode(root).decode()}\n")
        made.append(Leak("the root key in base64 beside the data", "keys", "old/install.sh"))
    (data / "old" / "tls.pem").write_text("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n-----END PRIVATE KEY-----\n")
    return [*made, Leak("a private key", "keys", "old/tls.pem")]


def _logs(data: Path, words: Words) -> list[Leak]:
    folder = data / "logs"
    (folder / "gate.log").write_text(f"2026-03-02 09:00:01 INFO gate: opened for {words.of('name')}\n", encoding="utf-8")
    record = json.dumps({"who": words.of("name"), "phone": words.of("telephone")})
    (folder / "debug.log").write_text(f"GET /lookup?q={base64.b64encode(record.encode()).decode()} 200\n", encoding="utf-8")
    named = f"{words.of('number').replace('/', '')}.log"
    (folder / named).write_text("-\n")
    return [
        Leak("a name in a log", "words in files", "logs/gate.log", "name"),
        Leak("a telephone number in base64 in a log", "words that are packed", "logs/debug.log", ", base64"),
        Leak("a staff number as the name of a file", "words in files", f"the name of logs/{named}"),
    ]


def _exports(data: Path, words: Words) -> list[Leak]:
    folder = data / "exports"
    line = f"1,{words.of('name')},{words.of('number')}\r\n"
    (folder / "people.csv").write_bytes(line.encode("gb18030"))
    (folder / "accounts.hex").write_text(words.of("bank account").encode().hex().upper())
    with closing(sqlite3.connect(folder / "report.sqlite")) as sql:
        sql.execute("CREATE TABLE cars (plate TEXT, times INTEGER)")
        sql.execute("INSERT INTO cars VALUES (?, 3)", (words.of("plate"),))
        sql.commit()
    return [
        Leak("a short name in GB18030 in an export", "words in files", "exports/people.csv", "name"),
        Leak("a bank account in hex", "words in files", "exports/accounts.hex"),
        Leak("a database of another kind", "words in columns", "exports/report.sqlite: cars.plate"),
    ]


def _forms(folder: Path, words: Words) -> list[Leak]:
    """Every form in which the drill looks for a word, alone in a file of its own."""
    made = []
    for kind in filter(words.has, ("name", "plate", "telephone", "ID number")):
        for number, needle in enumerate(needles_of(words.long(kind), kind)):
            around = "utf-16-be" if needle.high else "utf-16-le" if needle.width == 2 else "ascii"
            before, after = ' {"was": "'.encode(around), '" } \n'.encode(around)
            name = f"{kind} {number}"
            (folder / name).write_bytes(before + needle.seek + after)
            made.append(Leak(f"{kind} in {needle.form} ({number})", "words in files", f"forms/{name}@", kind))
    return made


def _packed(folder: Path, words: Words) -> list[Leak]:
    rows = "\n".join(f"{number};{words.of('name')};{words.of('card or plate')}" for number in range(40)).encode()
    ways: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.compress,
        "zlib": zlib.compress,
        "raw deflate": _deflated,
        "bzip2": bz2.compress,
        "xz": lzma.compress,
        "zip": _zipped,
        "base32": base64.b32encode,
        "base64 of gzip": lambda data: base64.b64encode(gzip.compress(data)),
        "hex of zlib": lambda data: zlib.compress(data).hex().encode(),
        "gzip of gzip": lambda data: gzip.compress(gzip.compress(data)),
    }
    made = []
    for way, pack in ways.items():
        (folder / f"{way}.bin").write_bytes(pack(rows))
        made.append(Leak(f"rows under {way}", "words that are packed", f"old/{way}.bin"))
    (folder / "cache.bin").write_bytes(secrets.token_bytes(1_000) + zlib.compress(rows, 1) + secrets.token_bytes(1_000))
    return [*made, Leak("a zlib stream in the middle of a file", "words that are packed", "old/cache.bin")]


def _deflated(data: bytes) -> bytes:
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    return raw.compress(data) + raw.flush()


def _zipped(data: bytes) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("people.csv", data)
    return whole.getvalue()


def _pictures(data: Path) -> list[Leak]:
    """In each form that a decoder here can write."""
    pixels = np.random.default_rng(7).integers(0, 255, (48, 64, 3), np.uint8)
    made = [Leak("a JPEG among the blobs", "pictures", _blob(data, bytes(cv2.imencode(".jpg", pixels)[1])))]
    inside = base64.b64encode(bytes(cv2.imencode(".png", pixels)[1])).decode()
    (data / "logs" / "report.html").write_text(f'<img src="data:image/png;base64,{inside}">', encoding="utf-8")
    made.append(Leak("a PNG in a page as base64", "pictures", "logs/report.html"))
    for kind in PICTURES:
        name = f"old/frames{kind}.tmp"
        (data / name).write_bytes(b"\xaa" * 777 + bytes(cv2.imencode(kind, pixels)[1]))
        made.append(Leak(f"a picture ({kind}) in the middle of a file", "pictures", name))
    return made


def _blob(data: Path, picture: bytes) -> str:
    name = secrets.token_hex(16)
    path = data / "blobs" / name[:2] / name[2:4] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture)
    return path.relative_to(data).as_posix()


def _documents(folder: Path, words: Words) -> list[Leak]:
    """A payslip whose text nobody finds, for a PDF writes glyphs; a film; cards of an address book; a table of people."""
    glyphs = zlib.compress(f"BT /F1 9 Tf <{words.of('name').encode('utf-16-be').hex()}> Tj ET".encode())
    (folder / "payslip").write_bytes(b"%PDF-1.7\n1 0 obj <</Filter/FlateDecode>> stream\n" + glyphs + b"\nendstream\n%%EOF\n")
    (folder / "gate.mp4").write_bytes(b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(64))
    (folder / "hosts.vcf").write_text("BEGIN:VCARD\r\nVERSION:4.0\r\nFN:-\r\nEND:VCARD\r\n")
    (folder / "people.xlsx").write_bytes(_sheet())
    return [
        Leak("a payslip as PDF", "documents", "exports/payslip", "a PDF"),
        Leak("a film of a gate", "documents", "exports/gate.mp4", "a film"),
        Leak("a card of an address book", "documents", "exports/hosts.vcf", "a card"),
        Leak("a table of people", "documents", "exports/people.xlsx", "an archive"),
    ]


def _sheet() -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")
    return whole.getvalue()


def _templates(folder: Path, truth: Truth) -> list[Leak]:
    if not truth.faces:
        return []
    face = truth.faces[0]
    (folder / "gallery.index").write_bytes(secrets.token_bytes(333) + face.raw.astype("<f4").tobytes())
    (folder / "gallery.half").write_bytes(secrets.token_bytes(512) + face.kept.astype("<f2").tobytes())
    (folder / "gallery.double").write_bytes(b"GALL" + face.raw.astype("<f8").tobytes())
    return [
        Leak("a template that nobody turned or sealed", "templates", "old/gallery.index"),
        Leak("a turned template that is not sealed", "templates", "old/gallery.half"),
        Leak("a template in doubles", "templates", "old/gallery.double"),
    ]
