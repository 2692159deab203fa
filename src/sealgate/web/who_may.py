"""Who may ask for which address: the table `who_may.txt`, read once, and the guard's question to it.

The surprising thing: the flows ask for the same rights again. The table is the wall, a flow's own question the lock on the door
behind it; a route that was forgotten in one of them still meets the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from sealgate.domain.errors import Fault, Forbidden, NotFound
from sealgate.domain.ids import SiteId
from sealgate.domain.operators import Permission, Scope
from sealgate.flows.kit import Signed


class Unlisted(Fault):
    """The route has no line in `web/who_may.txt`: closed until somebody says for whom it is."""

    code = "who.unlisted"


class BadLine(Fault):
    """A line of `web/who_may.txt` cannot be read."""

    code = "who.bad-line"


class Who(StrEnum):
    ANYONE = "anyone"
    MACHINE = "machine"
    PERSON = "person"
    OPERATOR = "operator"


class Where(StrEnum):
    """`SITE` is the site in the address, and all sites where none is in it."""

    SITE = "site"
    EVERYWHERE = "everywhere"
    ANYWHERE = "anywhere"


@dataclass(frozen=True, slots=True)
class Rule:
    """`needs`: any one of these will do; none: every operator. `scope` is what a program's key needs to be let in."""

    method: str
    path: str
    who: Who
    needs: tuple[Permission, ...] = ()
    where: Where = Where.SITE
    scope: Scope | None = None

    def lets(self, signed: Signed, site: SiteId | None) -> bool:
        """Whether this operator may, at that site where the address has one."""
        return any(self._held(signed, permission, site) for permission in self.needs) or not self.needs

    def _held(self, signed: Signed, permission: Permission, site: SiteId | None) -> bool:
        match self.where:
            case Where.EVERYWHERE:
                return signed.may_everywhere(permission)
            case Where.ANYWHERE:
                return signed.sites_with(permission) != frozenset()
            case Where.SITE:
                return signed.at(site).may(permission)


def admitted(rule: Rule, signed: Signed, site: SiteId | None) -> Signed:
    """The operator as they are at that site. Raises `NotFound` for a site at which they have no role, `Forbidden`."""
    if site is not None and not signed.works_at(site):
        raise NotFound("site")
    if not rule.lets(signed, site):
        raise Forbidden(rule.needs[0].value)
    return signed.at(site)


def rule_of(method: str, path: str) -> Rule:
    """Raises `Unlisted`."""
    try:
        return rules()[method, path]
    except KeyError:
        raise Unlisted(f"{method} {path} has no line in web/who_may.txt") from None


@lru_cache(maxsize=1)
def rules() -> dict[tuple[str, str], Rule]:
    """Every line of the table, by method and path."""
    found: dict[tuple[str, str], Rule] = {}
    for line in (files("sealgate.web") / "who_may.txt").read_text("utf-8").splitlines():
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        rule = _rule(words)
        if (rule.method, rule.path) in found:
            raise BadLine(f"twice: {line}")
        found[rule.method, rule.path] = rule
    return found


def _rule(words: list[str]) -> Rule:
    try:
        method, path, who, *more = words
        scope = next((Scope(word.removeprefix("key:")) for word in more if word.startswith("key:")), None)
        where = next((Where(word) for word in more if not word.startswith("key:")), Where.SITE)
        if who in set(Who):
            return Rule(method, path, Who(who))
        needs = tuple(map(Permission, who.split("|")))
        return Rule(method, path, Who.OPERATOR, needs, where, scope)
    except (ValueError, TypeError) as error:
        raise BadLine(" ".join(words)) from error


__all__ = ["BadLine", "Rule", "Unlisted", "Where", "Who", "admitted", "rule_of", "rules"]
