"""The link of an edge to its centre: its facts go there, its copy and the centre's releases come from there. Over HTTP(S).

One question at a time, in a thread of its own, so no gate ever waits for it. Where the centre is away it is asked again later
and later; what happened meanwhile waits in the edge's own store, and goes in the same order.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import takewhile
from threading import Event, Thread
from typing import Any, Self
from uuid import UUID

import httpx

from sealgate.devices.backoff import Backoff
from sealgate.domain.errors import Fault, Refused
from sealgate.domain.ids import GateId, TenantId
from sealgate.flows import edge_apply
from sealgate.flows.edge_copy import Part
from sealgate.flows.edge_looks import MOST_LOOKS, MOST_PICTURE
from sealgate.flows.edges import Fact
from sealgate.flows.kit import House, organisation, seal, tenant_of, unseal
from sealgate.ports import Unreachable
from sealgate.store.blobs import NoSuchBlob
from sealgate.vault.envelope import Place
from sealgate.vault.link import LinkBroken, LinkKeys, link_keys, new_number, open_said, seal_said

log = logging.getLogger(__name__)

EVERY = 0.5
"""Seconds between two questions while the centre answers: so long a payment may take to open an exit."""

MOST_ANSWER = 64_000_000
TIMEOUT, JOINING = httpx.Timeout(10.0, connect=3.0), httpx.Timeout(120.0, connect=10.0)
"""A centre that does not answer for so long is away; the first copy of all is waited for longer."""

KEPT = "edge-link"


class BadCode(Refused):
    """What was typed is no edge's code."""

    code = "edge.bad-code"


class NotJoined(Refused):
    """This box has not joined a centre yet."""

    code = "edge.not-joined"


@dataclass(frozen=True, slots=True)
class Joined:
    """Where the centre is and how this edge is known there."""

    tenant: TenantId
    centre: str
    keys: LinkKeys


def joined(centre: str, code: str) -> Joined:
    """Raises `BadCode`."""
    tenant = tenant_of(code.strip())
    if tenant is None or not centre.startswith(("https://", "http://")):
        raise BadCode("not an edge's code and a centre's address", hint="Add an edge at the centre; its code is shown once")
    return Joined(tenant, centre.rstrip("/"), link_keys(code.strip()))


def keep(house: House, link: Joined) -> None:
    """Beside the edge's own store, sealed: the disk alone does not speak for the edge."""
    what = {"centre": link.centre, "shown": link.keys.shown, "key": link.keys.key.hex()}
    house.blobs.put(blob_name(), seal(house, link.tenant, organisation(), _place(link.tenant), what))


def kept(house: House) -> Joined:
    """Raises `NotJoined`."""
    for known in house.store.tenants():
        try:
            what = unseal(house, _place(known.tenant), house.blobs.get(blob_name()))
        except NoSuchBlob:
            continue
        return Joined(known.tenant, what["centre"], LinkKeys(what["shown"], bytes.fromhex(what["key"])))
    raise NotJoined("this box has not joined a centre", hint="Run `sealgate edge join`")


def blob_name() -> str:
    return UUID(int=0).hex


class Link:
    """Used as a context, it keeps asking from a thread of its own. Any thread may ask whether the centre is away."""

    def __init__(
        self,
        house: House,
        link: Joined,
        *,
        backoff: Backoff | None = None,
        every: float = EVERY,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self._house, self._link, self._every = house, link, every
        self._backoff = backoff or Backoff(first=timedelta(seconds=1), longest=timedelta(seconds=30))
        self._client = httpx.Client(timeout=timeout, headers={"Authorization": f"Bearer {link.keys.shown}"})
        self._has: dict[str, str] = {}
        self._knows: frozenset[str] | None = None
        self._looks: tuple[GateId, ...] = ()
        self._opened = 0
        self._away = True
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="link", daemon=True)

    @property
    def centre(self) -> str:
        """Its address, without a slash at its end."""
        return self._link.centre

    @property
    def away(self) -> bool:
        """Whether the centre did not answer the last question, or was not asked yet."""
        return self._away

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(timeout=15)
        self.close()

    def close(self) -> None:
        """For who asks by hand and began no thread."""
        self._client.close()

    def ask(self) -> str:
        """One question and its answer, carried out; how the centre calls this edge. Raises `Unreachable` and the others."""
        facts = edge_apply.facts_waiting(self._house, self._link.tenant)
        told, idle = tellable(facts.facts, self._knows)
        edge_apply.heard(self._house, self._link.tenant, [*facts.idle, *idle])
        try:
            answer = self._asked(told)
        except (Unreachable, Refused):
            self._away, self._looks = True, ()
            raise
        edge_apply.heard(self._house, self._link.tenant, answer["done"])
        edge_apply.found_edge(self._house, self._link.tenant, answer["name"])
        parts = [Part(part["name"], part["digest"], part["holds"]) for part in answer["parts"]]
        written = edge_apply.apply(self._house, self._link.tenant, parts) if parts else ()
        self._has |= {part.name: part.digest for part in parts if part.name in written}
        self._release(answer["releases"])
        self._knows = frozenset(answer.get("knows", ()))
        self._looks = tuple(GateId(UUID(one)) for one in answer.get("looks", ()))
        if "calls" in answer:
            edge_apply.settle_calls(self._house, self._link.tenant, frozenset(GateId(UUID(one)) for one in answer["calls"]))
        self._away = False
        return str(answer["name"])

    def _asked(self, facts: Sequence[Fact]) -> dict[str, Any]:
        number = new_number()
        waiting = edge_apply.count_waiting(self._house, self._link.tenant)
        question = {"facts": [_said(fact) for fact in facts], "has": self._has, "opened": self._opened, "waiting": waiting}
        if "pictures" in (self._knows or ()):
            question["pictures"] = self._pictures()
        body = seal_said(self._link.keys.key, "ask", number, json.dumps(question).encode())
        try:
            response = self._client.post(f"{self._link.centre}/api/v1/edge/{self._link.tenant}", content=body)
        except httpx.HTTPError as error:
            raise Unreachable(type(error).__name__) from error
        if response.status_code != 200 or len(response.content) > MOST_ANSWER:
            raise Unreachable(f"the centre answered {response.status_code}", permanent=response.status_code == 401)
        _, plain = open_said(self._link.keys.key, "answer", response.content, number)
        answer: dict[str, Any] = json.loads(plain)
        return answer

    def _pictures(self) -> list[dict[str, str]]:
        """Of the lanes at which the centre's desk looks now: what their cameras see, once for each question."""
        seen = ((gate, self._house.newest(self._link.tenant, gate)) for gate in self._looks[:MOST_LOOKS])
        fits = ((gate, jpeg) for gate, jpeg in seen if jpeg is not None and len(jpeg) <= MOST_PICTURE)
        return [{"gate": str(gate), "jpeg": base64.b64encode(jpeg).decode()} for gate, jpeg in fits]

    def _release(self, releases: Sequence[dict[str, Any]]) -> None:
        for one in releases:
            if one["number"] > self._opened:
                self._opened = one["number"]
                self._house.latch.release(GateId(UUID(one["gate"])), timedelta(seconds=one["seconds"]))

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._stopping.wait(self._every if self._once(self.ask) else self._backoff.next().total_seconds())

    def _once(self, ask: Callable[[], object]) -> bool:
        """The one catcher of the link's thread."""
        try:
            ask()
        except Unreachable as silence:
            log.warning("the centre is away: %s", silence)
        except LinkBroken:
            log.warning("an answer was not sealed by our centre")
        except (Refused, Fault) as trouble:
            log.exception("the link: %s", trouble.code)
        else:
            self._backoff.reset()
            return True
        return False


def tellable(facts: Sequence[Fact], knows: frozenset[str] | None) -> tuple[list[Fact], list[int]]:
    """What a centre is told that knows those words (None: it has not answered yet), and the numbers of what it never can be.

    What needs a newer word, and all after it, waits for the first answer: for one strange word a centre refuses all that is
    told with it.
    """
    if knows is None:
        return list(takewhile(lambda fact: fact.asks is None and fact.ticket is None, facts)), []
    if "lanes" in knows:
        return list(facts), []
    plain = [replace(fact, ticket=None) for fact in facts if fact.asks is None]
    return plain, [fact.sequence for fact in facts if fact.asks is not None]


def _said(fact: Fact) -> dict[str, Any]:
    newer = {"ticket": fact.ticket.hex() if fact.ticket else None, "asks": fact.asks.value if fact.asks else None}
    return {name: value for name, value in newer.items() if value is not None} | {
        "sequence": fact.sequence,
        "gate": str(fact.gate),
        "at": fact.at.isoformat(),
        "text": fact.text,
        "score": fact.score,
        "kind": fact.kind,
        "passed": fact.passed,
        "stay": None if fact.stay is None else str(fact.stay),
        "picture": None if fact.picture is None else base64.b64encode(fact.picture).decode(),
        "means": fact.means.value,
        "holder": None if fact.holder is None else str(fact.holder),
        "rule": None if fact.rule is None else fact.rule.value,
    }


def _place(tenant: TenantId) -> Place:
    return Place(tenant, "edges", "link", "centre")
