"""Whether face templates of an old copy lead to anybody in a copy that was made after the site got a new face secret.

The attacker of this one has even opened both copies: he has templates as plain numbers, and compares each old one with every
new one. Chance looks like this: how alike the two of one person are says nothing (two independent directions of 128
dimensions), the right one is somewhere in the middle of all, and it is the best about once, however many people there are.

What is not claimed: whoever has opened *all* of both copies can compare how alike people are to each other, which turning
keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import numpy as np

from sealgate.app import running
from sealgate.domain.ids import SiteId, TenantId
from sealgate.drills.copying import copied
from sealgate.drills.scene import Attack, Count, Scene
from sealgate.flows.campus import system
from sealgate.flows.faces import template_place
from sealgate.flows.kit import House, Signed
from sealgate.flows.rekeying import rekey_faces
from sealgate.ports import Vector
from sealgate.settings import Settings
from sealgate.store import directory, places
from sealgate.vault.errors import KeyDestroyed

MOST_ALIKE = 0.6
"""Beyond this two directions are not independent: for 128 dimensions the odds are 1 in 10^12."""

MOST_HITS = 12
"""The right one is the best Poisson(1) often: so often, or more, has odds of 1 in 10^9."""

MOST_SIGMA = 5.0
AT_ONCE = 1000
EVERY_SPACE = 1 << 30
MOST_FACES = 1_000_000

Rekey = Callable[[House, Signed, SiteId], object]


@dataclass(frozen=True, slots=True)
class Kept:
    """One template as a copy has it: (n,) float32 of length 1."""

    person: UUID
    template: Vector


@dataclass(frozen=True, slots=True)
class Unlinked:
    """`pairs` are people in both copies. `alike` is the greatest similarity of one person's two, `hits` how often the right
    one is the best of all, `sigma` how many standard deviations the right one's rank lies beside the middle."""

    pairs: int
    compared: int
    alike: float
    hits: int
    sigma: float

    @property
    def by_chance(self) -> bool:
        return self.alike < MOST_ALIKE and self.hits < MOST_HITS and abs(self.sigma) < MOST_SIGMA


def compared(old: Sequence[Kept], new: Sequence[Kept]) -> Unlinked:
    """Every old template with every new one; those whose owner is not in both copies take part as strangers."""
    owners = {one.person: n for n, one in enumerate(new)}
    mine = [one for one in old if one.person in owners]
    if not mine:
        return Unlinked(0, 0, 0.0, 0, 0.0)
    right = np.array([owners[one.person] for one in mine])
    after = np.stack([one.template for one in new])
    alike, ranks = 0.0, np.empty(len(mine))
    for first in range(0, len(mine), AT_ONCE):
        some = slice(first, first + AT_ONCE)
        scores = np.stack([one.template for one in mine[some]]) @ after.T
        own = scores[np.arange(len(scores)), right[some]]
        ranks[some] = (scores > own[:, None]).sum(axis=1)
        alike = max(alike, float(np.abs(own).max()))
    others, pairs = len(new) - 1, len(mine)
    deviation = sqrt(others * (others + 2) / 12 / pairs) if others else 1.0
    sigma = (float(ranks.mean()) - others / 2) / deviation if others else 0.0
    return Unlinked(pairs, pairs * len(new), round(alike, 4), int((ranks == 0).sum()), round(sigma, 2))


def unlinked(old: Sequence[Kept], new: Sequence[Kept], count: Count) -> None:
    """As one attack of a drill: each comparison is a try, and a find that more than chance leads from the old to the new."""
    found = compared(old, new)
    count.tries += found.compared
    if not found.by_chance:
        count.found("credentials.secret", "a template that leads to its owner's new one")


def in_name_only(_house: House, _signed: Signed, _site: SiteId) -> None:
    """A new secret that turned nothing, which the attack must see."""


def faces_rekeyed(rekey: Rekey = rekey_faces) -> Attack:
    """Every site with faces gets a new face secret in a copy of its own, by the flow that operators use."""

    def run(scene: Scene, count: Count) -> None:
        if not scene.truth.faces:
            return
        with TemporaryDirectory(prefix="sealgate-drill-") as home:
            for old, new in _before_and_after(copied(scene.opened, Path(home) / "rekeyed"), rekey):
                unlinked(old, new, count)

    return Attack(
        "faces after a new secret",
        "Gives every site a new face secret, opens the templates of before and after, and compares everyone with everyone.",
        run,
    )


def _before_and_after(settings: Settings, rekey: Rekey) -> Iterator[tuple[list[Kept], list[Kept]]]:
    """Templates as numbers, of each site that has any. Nobody is there to agree to it, so no second is asked for."""
    alone = settings.model_copy(update={"four_eyes": "off"})
    with running(alone, faces=None, plates=None, publishes=False) as program:
        house = program.house
        for tenant in [row.tenant for row in house.store.tenants()]:
            signed = system(house, tenant)
            with house.store.read(tenant) as db:
                sites = [row.site for row in places.sites(db)]
            for site in sites:
                if old := _opened(house, tenant, site):
                    rekey(house, signed, site)
                    yield old, _opened(house, tenant, site)


def _opened(house: House, tenant: TenantId, site: SiteId) -> list[Kept]:
    with house.store.read(tenant) as db:
        rows = directory.faces_behind(db, site, EVERY_SPACE, None, MOST_FACES)
    found = []
    for row in rows:
        try:
            plain = house.keyring.open(template_place(tenant, row.credential), row.secret)
        except KeyDestroyed:
            continue
        found.append(Kept(row.person, np.frombuffer(plain, "<f4")))
    return found
