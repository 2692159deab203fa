"""Attacks that read: known words as bytes in every file and as values in every column, packed words, and columns that are
named sealed and are not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from sealgate.drills.needles import Hit, Needles, needles_for
from sealgate.drills.scene import Attack, Count, Scene, columns_like, tables_of
from sealgate.drills.streams import Piece, files_in, inflated, is_text, may_be_deflated, pieces, unwrapped
from sealgate.drills.truth import Truth
from sealgate.store.columns import HashBytes, SealedBytes, TokenBytes
from sealgate.store.schema import metadata
from sealgate.vault.envelope import Form, header_of
from sealgate.vault.errors import NotAnEnvelope

THREADS = 2
ROWS = 5_000
"""Rows of a table that are looked through at once."""

Look = Callable[[Piece], tuple[Piece, list[Hit]]]


@dataclass
class _Known:
    """`clean` are pieces of answers in which nothing was found: most of what a server says it says again and again."""

    needles: Needles
    clean: set[bytes] = field(default_factory=set)


_KNOWN: WeakKeyDictionary[Truth, _Known] = WeakKeyDictionary()


def _known(truth: Truth) -> _Known:
    """Made once for all attacks on the same words."""
    if truth not in _KNOWN:
        _KNOWN[truth] = _Known(needles_for(tuple(truth.words.items())))
    return _KNOWN[truth]


def needles_of_truth(truth: Truth) -> Needles:
    return _known(truth).needles


def words_in(truth: Truth, *told: bytes) -> Iterator[str]:
    """The kind of each known word in what somebody was told, piece by piece, also packed or otherwise wrapped."""
    known = _known(truth)
    for piece in told:
        digest = hashlib.sha256(piece).digest()
        if digest not in known.clean:
            found = [hit.needle.kind for hit in known.needles.hits(piece, in_text=is_text(piece))]
            wrapped = ((how, inner) for _at, how, inner in unwrapped(piece, 2))
            found += [f"{hit.needle.kind}, {how}" for how, hit in known.needles.in_many(wrapped)]
            yield from found
            if not found:
                known.clean.add(digest)


def _in_files(scene: Scene, count: Count) -> None:
    needles = needles_of_truth(scene.truth)
    for path in files_in(scene.stolen):
        count.tries += 1
        name = path.relative_to(scene.stolen).as_posix()
        _tell(count, needles.hits(name.encode(), in_text=True), f"the name of {name}")

    def look(piece: Piece) -> tuple[Piece, list[Hit]]:
        return piece, [hit for hit in needles.hits(piece.data, in_text=is_text(piece.data)) if _is_new(piece, hit)]

    with ThreadPoolExecutor(THREADS) as threads:
        for piece, hits in _a_few_ahead(threads, look, pieces(scene.stolen)):
            scene.told(f"{piece.name} {piece.at >> 20} MiB")
            count.tries += len(needles)
            for hit in hits:
                count.found(f"{piece.name}@{piece.at + hit.at}", f"{hit.needle.kind} in {hit.needle.form}")


def _a_few_ahead(threads: ThreadPoolExecutor, look: Look, every: Iterator[Piece]) -> Iterator[tuple[Piece, list[Hit]]]:
    """In order, and never more pieces in memory than a few."""
    waiting: list[Future[tuple[Piece, list[Hit]]]] = []
    for piece in every:
        waiting.append(threads.submit(look, piece))
        if len(waiting) > 2 * THREADS:
            yield waiting.pop(0).result()
    for one in waiting:
        yield one.result()


def _is_new(piece: Piece, hit: Hit) -> bool:
    return hit.at + len(hit.needle.seek) > piece.old


def _tell(count: Count, hits: Iterator[Hit], where: str, how: str = "") -> None:
    for hit in hits:
        count.found(where, f"{hit.needle.kind} in {hit.needle.form}{how}")


def _in_columns(scene: Scene, count: Count) -> None:
    """Whatever is neither sealed nor a token nor a hash, as the databases give it: also values that span pages."""
    needles = needles_of_truth(scene.truth)
    for name, sql in scene.each():
        for table, columns in tables_of(sql).items():
            plain = [column for column in columns if not _is_noise(table, column)]
            if not plain:
                continue
            cells = ", ".join(f'"{column}"' for column in plain)
            rows = sql.execute(f'SELECT {cells} FROM "{table}"')
            while some := rows.fetchmany(ROWS):
                scene.told(f"{name}{table}")
                count.tries += len(plain) * len(some)
                for column, kind in _of_rows(needles, some):
                    count.found(f"{name}{table}.{plain[column]}", kind)


def _of_rows(needles: Needles, rows: Sequence[Sequence[object]]) -> Iterator[tuple[int, str]]:
    """The column and the kind of each word in rows that are looked through at once: a line is a cell. What is no text is
    looked through apart, for there a short word counts only with text around it."""
    texts: list[bytes] = []
    others: list[bytes] = []
    for row in rows:
        for cell in row:
            line = b"" if cell is None else cell if isinstance(cell, bytes) else str(cell).encode()
            is_other = isinstance(cell, bytes) and not is_text(cell)
            texts.append(b"" if is_other else line.replace(b"\n", b" "))
            others.append(line.replace(b"\n", b" ") if is_other else b"")
    for lines, in_text in ((texts, True), (others, False)):
        whole = b"\n".join(lines)
        for hit in needles.hits(whole, in_text=in_text):
            yield whole.count(b"\n", 0, hit.at) % len(rows[0]), hit.needle.kind


def _is_noise(table: str, column: str) -> bool:
    known = metadata.tables.get(table)
    return (
        known is not None
        and column in known.columns
        and isinstance(known.columns[column].type, SealedBytes | TokenBytes | HashBytes)
    )


def _packed(scene: Scene, count: Count) -> None:
    needles = needles_of_truth(scene.truth)
    for piece in pieces(scene.stolen):
        scene.told(f"{piece.name} {piece.at >> 20} MiB")
        if piece.at == 0:
            _inside(count, needles, f"{piece.name}@0", "raw deflate", inflated(piece.data, -15))
    for where, hit in needles.in_many(_counted(scene, count)):
        _tell(count, iter((hit,)), *where.split("\t"))
    for name, sql in scene.each():
        for table, columns in tables_of(sql).items():
            for column in columns:
                where = f"{name}{table}.{column}"
                scene.told(where)
                for (cell,) in sql.execute(f'SELECT "{column}" FROM "{table}" WHERE typeof("{column}") = \'blob\''):
                    count.tries += 1
                    if may_be_deflated(cell):
                        _inside(count, needles, where, "raw deflate", inflated(cell, -15))


def _counted(scene: Scene, count: Count) -> Iterator[tuple[str, bytes]]:
    for where, how, inner in scene.wrapped():
        count.tries += 1
        yield f"{where}\t, {how}", inner


def _inside(count: Count, needles: Needles, where: str, how: str, inner: bytes) -> None:
    if inner:
        _tell(count, needles.hits(inner, in_text=is_text(inner)), where, f", {how}")


def _unsealed(scene: Scene, count: Count) -> None:
    """A sealed column holds envelopes, and no two of a database share a nonce or the veiled name of their key."""
    for name, sql in scene.each():
        seen: set[bytes] = set()
        for table, column in columns_like(sql, SealedBytes):
            where = f"{name}{table}.{column}"
            scene.told(where)
            for (cell,) in sql.execute(f'SELECT "{column}" FROM "{table}" WHERE length("{column}") > 0'):
                count.tries += 1
                for what in _wrong(cell if isinstance(cell, bytes) else str(cell).encode(), seen):
                    count.found(where, what)


def _wrong(cell: bytes, seen: set[bytes]) -> Iterator[str]:
    try:
        header = header_of(Form.VALUE, cell)
    except NotAnEnvelope:
        yield "a value that is not sealed"
        return
    for part, what in ((header.name, "a key's name seen twice"), (header.nonce, "a nonce used twice")):
        if part in seen:
            yield what
        seen.add(part)


ATTACKS = (
    Attack(
        "words in files",
        "Looks for every known word as bytes in every file: database pages, write-ahead log, free pages, blobs, logs.",
        _in_files,
    ),
    Attack("words in columns", "Reads every column that is not sealed and looks for known words in it.", _in_columns),
    Attack(
        "words that are packed",
        "Unpacks zlib, gzip, deflate, bzip2, xz, zip, base64, base32 and hex wherever they may begin, and looks inside.",
        _packed,
    ),
    Attack(
        "sealed columns", "Looks whether sealed columns hold envelopes, and whether two share a nonce or a name.", _unsealed
    ),
)
