"""What every page stands in: who looks, at which site, in which language, and the way a template becomes an answer.

The surprising thing: each language has its own Jinja environment, so that macros imported without a context
speak the reader's language too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from itertools import groupby
from operator import attrgetter
from typing import Annotated, Any
from urllib.parse import quote, unquote
from uuid import UUID

from fastapi import Depends
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sealgate.backup.keeping import Look
from sealgate.domain.attendance_shifts import span_text
from sealgate.domain.calendar import zone
from sealgate.domain.errors import NotFound
from sealgate.domain.operators import Permission, Role
from sealgate.flows import approving, emergency, rules
from sealgate.flows.emergency import Emergency
from sealgate.flows.kit import House, Signed
from sealgate.flows.rules import SiteLine
from sealgate.web.clocks import span
from sealgate.web.i18n import Language, Words, _, callables, words_in, words_of
from sealgate.web.sessions import signed_in
from sealgate.web.telling import Told, tell
from sealgate.web.who_may import rules as rules_of_all

SAID = "said"
LAST_SITE = "site"
THEMES = ("light", "dark")
UNFOLDED = 14
"""Entries of the navigation that fit in 720 px with all sections open."""


@dataclass(frozen=True, slots=True)
class Tab:
    """One entry of the navigation. `{site}` in the address is the site at hand; `main` ones make the phone's bar.

    `also` is the address of a page that is reached from that one and has no entry of its own.
    """

    name: str
    icon: str
    address: str
    needs: Permission | None
    main: bool = False
    group: str = ""
    also: str = ""


TABS = (
    Tab(_("Live"), "live", "/s/{site}/live", Permission.WATCH, main=True),
    Tab(_("People"), "people", "/s/{site}/people", Permission.SEE_PEOPLE, main=True),
    Tab(_("Visits"), "calendar", "/s/{site}/visits", Permission.HOST),
    Tab(_("Passages"), "list", "/s/{site}/passages", Permission.SEARCH_PASSAGES, main=True),
    Tab(_("Gates"), "gate", "/s/{site}/gates", Permission.SEE_RULES, also="/s/{site}/cameras"),
    Tab(_("Rules"), "rules", "/s/{site}/rules", Permission.SEE_RULES),
    Tab(_("Roster"), "calendar", "/s/{site}/roster", Permission.SEE_HOURS, group=_("Personnel")),
    Tab(_("Working hours"), "clock", "/s/{site}/hours", Permission.SEE_HOURS, group=_("Personnel")),
    Tab(_("Leave"), "leave", "/s/{site}/leave", Permission.SEE_HOURS, group=_("Personnel")),
    Tab(_("Teams"), "badge", "/s/{site}/teams", Permission.SEE_PEOPLE, group=_("Personnel")),
    Tab(_("Performance"), "chart", "/s/{site}/performance", Permission.PERFORMANCE, group=_("Personnel")),
    Tab(_("Payroll"), "bill", "/payroll", Permission.PAY, group=_("Personnel")),
    Tab(_("Desk"), "headset", "/desk", Permission.DESK, group=_("Parking")),
    Tab(_("Garages"), "parking", "/s/{site}/garages", Permission.PARKING, main=True, group=_("Parking")),
    Tab(_("Tariffs"), "bill", "/s/{site}/tariffs", Permission.PARKING, group=_("Parking")),
    Tab(_("Books"), "card", "/s/{site}/books", Permission.PARKING, group=_("Parking")),
    Tab(_("Reports"), "chart", "/s/{site}/reports", Permission.PARKING, group=_("Parking")),
    Tab(_("Faces"), "face", "/s/{site}/faces", Permission.SEE_RULES, group=_("Privacy")),
    Tab(_("Requests"), "letter", "/requests", Permission.ANSWER, group=_("Privacy")),
    Tab(_("Journal"), "shield", "/journal", Permission.SEE_JOURNAL, group=_("Privacy")),
    Tab(_("Legal holds"), "lock", "/holds", Permission.SEE_JOURNAL, group=_("Privacy")),
    Tab(_("Breach kit"), "warning", "/breaches", Permission.PRIVACY, group=_("Privacy")),
    Tab(_("Leak reports"), "drop", "/leaks", Permission.PRIVACY, group=_("Privacy")),
    Tab(_("Data map"), "map", "/data-map", Permission.SEE_JOURNAL, group=_("Privacy"), also="/records"),
    Tab(_("Backups"), "boxes", "/backups", Permission.SEE_JOURNAL, group=_("System")),
    Tab(_("Doctor"), "pulse", "/doctor", Permission.CHANGE_RULES, group=_("System")),
    Tab(_("Vault keys"), "vault", "/keys", Permission.KEYS, group=_("System")),
    Tab(_("Approvals"), "tick", "/approvals", None, group=_("System")),
    Tab(_("Operators"), "key", "/operators", Permission.MANAGE_OPERATORS, group=_("System")),
    Tab(_("Account"), "account", "/account", None, group=_("System"), also="/emergency"),
)

HOMES = {
    Role.ADMINISTRATOR: "/s/{site}/live",
    Role.SECURITY: "/s/{site}/live",
    Role.ATTENDANT: "/desk",
    Role.RECEPTION: "/s/{site}/visits",
    Role.HR: "/s/{site}/hours",
    Role.PAYROLL: "/payroll",
    Role.MANAGER: "/s/{site}/performance",
    Role.PRIVACY: "/s/{site}/people",
    Role.HOST: "/s/{site}/visits",
    Role.AUDITOR: "/data-map",
    Role.INSTALLER: "/s/{site}/gates",
}
"""The page that each role works with; who has several roles lands where the first of them works."""


@dataclass(frozen=True, slots=True)
class Page:
    """Who looks (`signed`), at which site (`site`, None while there is none), in which language."""

    house: House
    signed: Signed
    sites: tuple[SiteLine, ...]
    site: SiteLine | None
    words: Words

    @property
    def here(self) -> SiteLine:
        """The site at hand. Raises `NotFound` where there is none."""
        if self.site is None:
            raise NotFound("site")
        return self.site

    @property
    def tz(self) -> tzinfo:
        return zone(self.here.time_zone)

    def local(self, at: datetime) -> datetime:
        """The instant on the site's own clocks."""
        return at.astimezone(self.tz)

    def backup_alarm(self) -> Look | None:
        """How backups stand, where they need somebody and this is one who may see it."""
        if self.house.backups is None or not self.signed.may_everywhere(Permission.SEE_JOURNAL):
            return None
        look = self.house.backups.look()
        return look if look.alarm else None

    def emergencies(self) -> list[Emergency]:
        """Rights that somebody has taken in an emergency: every page says so."""
        return emergency.running(self.house, self.signed.tenant)

    def to_decide(self) -> int:
        """How much waits for this operator's answer."""
        return approving.waiting(self.house, self.signed)

    def tabs(self) -> list[Tab]:
        """What this operator may see and what there is to see: a site's pages need a site."""
        return [tab for tab in TABS if ("{site}" not in tab.address or self.site is not None) and self._reaches(tab)]

    def sections(self) -> list[tuple[str, list[Tab]]]:
        """The navigation under its heads, the first without one; sections fold where there are more rows than a screen has."""
        return [(name, list(tabs)) for name, tabs in groupby(self.tabs(), attrgetter("group"))]

    def holds(self, tabs: list[Tab], path: str) -> bool:
        """Whether the page at `path` is one of these, or lies under one of them."""
        places = [at for tab in tabs for at in map(self._here, (tab.address, tab.also)) if at]
        return any(path == at or path.startswith(f"{at}/") for at in places)

    def _reaches(self, tab: Tab) -> bool:
        """Whether the guard would let this operator to that page; one without a line in the table is nobody's."""
        rule = rules_of_all().get(("GET", tab.address))
        return rule is not None and rule.lets(self.signed, self.site.site if self.site and "{site}" in tab.address else None)

    def address(self, tab: Tab) -> str:
        return self._here(tab.address)

    def _here(self, address: str) -> str:
        return address.format(site=self.site.site if self.site else "")

    def first(self) -> str:
        """Where somebody lands who asked for nothing in particular."""
        if self.site is None and self.signed.may_everywhere(Permission.CHANGE_RULES):
            return "/sites/new"
        tabs = self.tabs()
        seen = {tab.address: tab for tab in tabs}
        roles = self.signed.at(self.site.site if self.site else None).in_force
        homes = (seen[home] for role, home in HOMES.items() if role in roles and home in seen)
        mine = (tab for tab in tabs if tab.needs is not None)
        return self.address(next(homes, next(mine, tabs[-1])))


def page(request: Request) -> Page:
    """The dependency of every page behind the sign-in. The site is the address's `{site}`, else the last one looked at."""
    signed, house = signed_in(request), request.app.state.house
    sites = () if signed.must_add_factor else tuple(rules.sites(house, signed))
    made = Page(house, signed, sites, _site(request, sites), words_of(request))
    request.state.page = made
    return made


AtPage = Annotated[Page, Depends(page)]


def _site(request: Request, sites: tuple[SiteLine, ...]) -> SiteLine | None:
    asked = request.path_params.get("site")
    if asked is None:
        last = request.cookies.get(LAST_SITE)
        return next((line for line in sites if str(line.site) == last), sites[0] if sites else None)
    try:
        wanted = UUID(str(asked))
    except ValueError as error:
        raise NotFound("site") from error
    found = next((line for line in sites if line.site == wanted), None)
    if found is None:
        raise NotFound("site")
    return found


def render(request: Request, template: str, /, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A page of `templates/`. Templates also get: page (or None), words, _, ngettext, asset, request, theme, toast."""
    words = words_of(request)
    toast = unquote(request.cookies.get(SAID, ""))[:200]
    theme = request.cookies.get("theme", "")
    frame = {
        "request": request,
        "page": getattr(request.state, "page", None),
        "theme": theme if theme in THEMES else "",
        "toast": toast,
    }
    body = environment(words.language).get_template(template).render({**frame, **context})
    response = HTMLResponse(body, status)
    if "site" in request.path_params and frame["page"] is not None:
        response.set_cookie(LAST_SITE, str(request.path_params["site"]), path="/", httponly=True, samesite="strict")
    if toast:
        response.delete_cookie(SAID, path="/", httponly=True, samesite="strict")
    return response


def redirect(request: Request, address: str, said: str = "") -> Response:
    """See other, with a toast (a marked text that names nobody) on the page that follows."""
    response = RedirectResponse(address, 303)
    if said:
        text = quote(words_of(request).gettext(said))
        response.set_cookie(SAID, text, max_age=30, path="/", httponly=True, samesite="strict")
    return response


def again(request: Request, template: str, refused: Exception, /, **context: Any) -> HTMLResponse:
    """The same form, with what was typed and why it was refused (`trouble`, a `Told`, in the template)."""
    told = tell(words_of(request), refused)
    return render(request, template, status=told.status, **{**context, "trouble": told})


@lru_cache(maxsize=len(Language))
def environment(language: Language) -> Environment:
    made = Environment(
        loader=PackageLoader("sealgate.web"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = words_in(language)
    gettext, ngettext = callables(words)
    made.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(words=words, asset=asset, trouble=None, Permission=Permission, facts=facts)
    made.globals.update(span=span, span_text=span_text, unfolded=UNFOLDED)
    return made


def facts(*attributes: Mapping[str, object]) -> dict[str, object]:
    """Attributes of an element, later ones winning; True is one without a value and False is none at all."""
    joined = {name: value for some in attributes for name, value in some.items()}
    return {name: "" if value is True else value for name, value in joined.items() if value is not False}


@lru_cache(maxsize=256)
def asset(name: str) -> str:
    """The address of a static file with a digest of its content, so that it may be kept for ever."""
    content = (files("sealgate.web") / "static" / name).read_bytes()
    return f"/static/{name}?v={sha256(content).hexdigest()[:16]}"


__all__ = ["AtPage", "Page", "Tab", "Told", "again", "asset", "environment", "page", "redirect", "render", "tell"]
