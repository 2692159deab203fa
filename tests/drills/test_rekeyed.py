"""The attack on re-keyed faces sees what is linked, and nothing where nothing is."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest

from sealgate.drills.rekeyed import Kept, compared, unlinked
from sealgate.drills.scene import Count
from sealgate.vision.matcher import rotate, rotation


def people(number: int, seed: int = 1) -> list[Kept]:
    """Near one direction, as faces are."""
    random = np.random.default_rng(seed)
    made = random.normal(size=128) / 12 + random.normal(size=(number, 128)) / 15
    return [Kept(UUID(int=n), np.asarray(one / np.linalg.norm(one), np.float32)) for n, one in enumerate(made)]


def turned(kept: list[Kept], secret: int) -> list[Kept]:
    matrix = rotation(bytes([secret]) * 32, 128)
    return [Kept(one.person, rotate(one.template, matrix)) for one in kept]


@pytest.mark.parametrize("secret", range(2, 10))
@pytest.mark.parametrize("number", [1, 2, 30, 500])
def test_a_new_secret_leaves_only_chance(number: int, secret: int) -> None:
    site = people(number)
    found = compared(turned(site, 1), turned(site, secret))
    assert found.by_chance, found
    assert (found.pairs, found.compared) == (number, number * number)


@pytest.mark.parametrize("number", [1, 2, 30, 500])
def test_the_same_secret_is_seen(number: int) -> None:
    site = turned(people(number), 1)
    assert not compared(site, site).by_chance


def test_a_secret_that_is_hardly_another_is_seen() -> None:
    """A quarter of the numbers turned, the others left."""
    site = people(300)
    hardly = [Kept(one.person, np.concatenate([one.template[:96], -one.template[96:]])) for one in site]
    assert not compared(site, hardly).by_chance


def test_people_of_one_copy_alone_are_strangers() -> None:
    old, new = turned(people(20), 1), turned(people(20), 2)
    assert compared(old[:10], new[5:]).pairs == 5
    assert compared(old[:5], new[5:]).pairs == 0


def test_a_find_is_counted_and_names_nobody() -> None:
    site, count = turned(people(30), 1), Count()
    unlinked(site, turned(people(30), 2), count)
    assert (count.tries, count.finds) == (900, 0)
    unlinked(site, site, count)
    assert (count.tries, count.finds) == (1800, 1)
    assert "UUID" not in count.told[0].what
