"""Which sealed pictures there are. Nothing here says whose, or of which passage: only that passage's sealed detail does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from sealgate.ports import KeyKind
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx


@dataclass(frozen=True, slots=True)
class PictureRow:
    """`picture` is a random version 4 UUID, and its 32 digits are the name of the blob; `day` is the site's, for retention."""

    picture: UUID
    day: int
    key_kind: KeyKind


c = s.pictures.c
_PICTURE = (c.picture_id, c.day, c.key_kind)


def add_picture(tx: Tx, picture: UUID, *, day: int, key_kind: KeyKind) -> None:
    tx.add(s.pictures, {"picture_id": picture, "day": day, "key_kind": key_kind})


def picture(db: Reader, picture: UUID) -> PictureRow | None:
    return db.row(sa.select(*_PICTURE).where(db.mine(s.pictures), c.picture_id == picture), PictureRow)


def pictures_before(db: Reader, day: int, kind: KeyKind = KeyKind.DAY, limit: int = 1000) -> list[PictureRow]:
    """Those of earlier days, oldest first, for retention."""
    query = sa.select(*_PICTURE).where(db.mine(s.pictures), c.day < day, c.key_kind == kind)
    return db.rows(query.order_by(c.day, c.picture_id).limit(limit), PictureRow)


def remove_picture(tx: Tx, picture: UUID) -> bool:
    return tx.remove(s.pictures, [c.picture_id == picture]) == 1


def names(db: Reader) -> Iterator[UUID]:
    """Of every picture: what else lies in the blob store was left behind by a crash."""
    for (name,) in db.stream(sa.select(c.picture_id).where(db.mine(s.pictures)), c.picture_id):
        yield name
