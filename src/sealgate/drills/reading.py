"""Attacks that read: known words as bytes in every file and as values in every column, packed words, and columns that are
named sealed and are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache

from sealgate.drills.needles import Hit, Needles, needles_for
from sealgate.drills.scene import Attack, Count, Scene
from sealgate.drills.streams import Piece, files_in, inflated, is_text, pieces
from sealgate.drills.truth import Truth
from sealgate.store.columns import HashBytes, SealedBytes, TokenBytes
from sealgate.store.schema import metadata
from sealgate.vault.envelope import Form, header_of
from sealgate.vault.errors import NotAnEnvelope

THREADS = 2
Look = Callable[[Piece], tuple[Piece, list[Hit]]]


@lru_cache(maxsize=2)
def _known(words: tuple[tuple[str, str], ...]) -> Needles:
    return needles_for(words)


def needles_of_truth(truth: Truth) -> Needles:
    """Made once for all attacks on the same words."""
    return _known(tuple(truth.words.items()))


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
    """Whatever is neither sealed nor a token nor a hash, as the database gives it: also values that span pages."""
    needles = needles_of_truth(scene.truth)
    with scene.sql() as sql:
        for table, columns in _tables(sql):
            plain = [name for name in columns if not _is_noise(table, name)]
            if not plain:
                continue
            scene.told(table)
            cells = ", ".join(f'"{name}"' for name in plain)
            for row in sql.execute(f'SELECT {cells} FROM "{table}"'):
                count.tries += len(plain)
                line = "\n".join(_as_text(cell) for cell in row if cell is not None).encode("utf-8", "surrogateescape")
                for hit in needles.hits(line, in_text=True):
                    count.found(f"{table}.{plain[line[: hit.at].count(10)] if len(plain) > 1 else plain[0]}", hit.needle.kind)


def _as_text(cell: object) -> str:
    return cell.decode("latin-1") if isinstance(cell, bytes) else str(cell).replace("\n", " ")


def _is_noise(table: str, column: str) -> bool:
    known = metadata.tables.get(table)
    return (
        known is not None
        and column in known.columns
        and isinstance(known.columns[column].type, SealedBytes | TokenBytes | HashBytes)
    )


def _tables(sql: object) -> Iterator[tuple[str, list[str]]]:
    names = sql.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall()  # type: ignore[attr-defined]
    for (name,) in names:
        yield name, [row[1] for row in sql.execute(f'PRAGMA table_info("{name}")')]  # type: ignore[attr-defined]


def _packed(scene: Scene, count: Count) -> None:
    needles = needles_of_truth(scene.truth)
    for piece in pieces(scene.stolen):
        scene.told(f"{piece.name} {piece.at >> 20} MiB")
        if piece.at == 0:
            _inside(count, needles, f"{piece.name}@0", "raw deflate", inflated(piece.data, -15))
    for where, how, inner in scene.wrapped():
        count.tries += 1
        _tell(count, needles.hits(inner, in_text=is_text(inner)), where, f", {how}")
    with scene.sql() as sql:
        for table, columns in _tables(sql):
            for name in columns:
                scene.told(f"{table}.{name}")
                for (cell,) in sql.execute(f'SELECT "{name}" FROM "{table}" WHERE typeof("{name}") = \'blob\''):
                    count.tries += 1
                    _inside(count, needles, f"{table}.{name}", "raw deflate", inflated(cell, -15))


def _inside(count: Count, needles: Needles, where: str, how: str, inner: bytes) -> None:
    if inner:
        _tell(count, needles.hits(inner, in_text=is_text(inner)), where, f", {how}")


def _unsealed(scene: Scene, count: Count) -> None:
    """A sealed column holds envelopes, and no two of them share a nonce or the veiled name of their key."""
    seen: set[bytes] = set()
    with scene.sql() as sql:
        there = dict(_tables(sql))
        for table in metadata.sorted_tables:
            for column in table.columns:
                if not isinstance(column.type, SealedBytes) or column.name not in there.get(table.name, []):
                    continue
                scene.told(f"{table.name}.{column.name}")
                where = f"{table.name}.{column.name}"
                query = f'SELECT "{column.name}" FROM "{table.name}" WHERE length("{column.name}") > 0'
                for (cell,) in sql.execute(query):
                    count.tries += 1
                    try:
                        header = header_of(Form.VALUE, cell if isinstance(cell, bytes) else str(cell).encode())
                    except NotAnEnvelope:
                        count.found(where, "a value that is not sealed")
                        continue
                    for part, what in ((header.name, "a key's name seen twice"), (header.nonce, "a nonce used twice")):
                        if part in seen:
                            count.found(where, what)
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
