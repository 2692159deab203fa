"""Lots, tariffs, rights, stays and passages in the terms of ISO/TS 5206-1 (APDS 1.0), as one JSON document.

The surprising thing: no plate is in it. A credential is named by our own identity of the stay or the permit, which leads
nowhere outside; whoever needs plates asks for them by name, and is journaled. The export itself is journaled too.

`hierachyElement` of a Session is spelled as the published schema spells it. APDS prices are numbers, so a rate's values are.
What it has no word for (ceilings over several bands, points, offers) is not in a rate table: that is shown, not billed by.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

from sealgate.domain.errors import Refused
from sealgate.domain.ids import GateId, LotId, SiteId
from sealgate.domain.lots import Lot
from sealgate.domain.money import Money
from sealgate.domain.operators import Permission
from sealgate.domain.tariff_file import read_tariff
from sealgate.domain.tariff_model import Band, Tariff
from sealgate.domain.tariff_steps import Step
from sealgate.flows.kit import House, Signed
from sealgate.flows.reporting import Asking, Span, span_of, stood
from sealgate.privacy import journal
from sealgate.store import parking, places
from sealgate.store.engine import Reader
from sealgate.store.parking import reports

Json = dict[str, Any]
AT_A_TIME = 1000
WHOLE_DAY = "PT24H"


@dataclass(frozen=True, slots=True)
class Exported:
    """`found` is all of it but the observations, which are read as they are written: a site has many more of them."""

    found: Json
    head: Json
    observations: Callable[[], Iterator[Json]]

    def whole(self) -> Json:
        """At once, in memory."""
        return {**self.found, "observationSets": [{**self.head, "observationElements": list(self.observations())}]}

    def pieces(self) -> Iterator[str]:
        """The same as the text of one JSON document."""
        yield _open(self.found) + ', "observationSets": [' + _open(self.head) + ', "observationElements": ['
        comma = ""
        for one in self.observations():
            yield comma + json.dumps(one, ensure_ascii=False)
            comma = ",\n"
        yield "]}]}"


def export(house: House, signed: Signed, asking: Asking) -> Exported:
    """Places, rights and rates as they are now; sessions and observations of the days asked for."""
    signed.need(Permission.PARKING)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        span = span_of(tx, asking)
        site = places.site(tx, asking.site)
        lanes = {gate: lot.lot for lot in span.lots for gate, _ in parking.lanes_of(tx, lot.lot)}
        stays = _stays(tx, span)
        found = {
            "places": [_campus(site, span.lots), *(_place(lot, site.time_zone) for lot in span.lots)],
            "rightSpecifications": [spec for lot in span.lots for spec in _specifications(lot, site)],
            "assignedRights": [*_assigned(tx, span, site), *(_visiting(stay, site) for stay in stays if not stay.permit)],
            "rateTables": list(_rates(tx, span)),
            "sessions": [_session(stay, span.tz, site.site) for stay in stays],
        }
        journal.write(tx, house.keyring, house.clock.now(), "parking.exported", object=f"site:{asking.site}")
    head = _set_head(span, asking.site, house.clock.now())
    return Exported(found, head, lambda: _observed(house, signed, span, asking.site, lanes))


def _open(found: Json) -> str:
    """The text of an object that goes on."""
    return json.dumps(found, ensure_ascii=False).removesuffix("}")


def _campus(site: places.SiteRow, lots: Iterable[Lot]) -> Json:
    return {
        **_named(str(site.site), "campus", 0, site.name, site.time_zone, began(site.site)),
        "childIds": [_reference(lot.lot, "Place") for lot in lots if lot.parent is None],
    }


def _place(lot: Lot, time_zone: str) -> Json:
    kind, layer = ("parkingPlace", 1) if lot.parent is None else ("identifiedArea", 2)
    specs = [_reference(f"{lot.lot}-{right}", "RightSpecification") for right in ("visitors", "permits")]
    return {
        **_named(str(lot.lot), kind, layer, lot.name, time_zone, began(lot.lot)),
        "parentId": _reference(lot.parent or lot.site, "Place"),
        "rightSpecifications": specs if lot.visitors else specs[1:],
    }


def _named(name: str, kind: str, layer: int, text: str, time_zone: str, made: datetime) -> Json:
    return {
        "id": name,
        "version": 1,
        "name": _text(text),
        "layer": layer,
        "type": kind,
        "hierarchyElementRecord": {"creationTime": _instant(made)},
        "timeZone": time_zone,
    }


def _specifications(lot: Lot, site: places.SiteRow) -> Iterator[Json]:
    if lot.visitors:
        rate = [] if lot.tariff is None else [_eligible(lot)]
        yield _specification(lot, site, "visitors", "oneTimeUseParking", ("licensePlate", "ticket"), rate)
    yield _specification(lot, site, "permits", "permitParking", ("licensePlate", "permit"), [])


def _specification(
    lot: Lot, site: places.SiteRow, name: str, kind: str, credentials: tuple[str, ...], rates: list[Json]
) -> Json:
    return {
        "id": f"{lot.lot}-{name}",
        "version": 1,
        "type": kind,
        "issuer": _reference(site.site, "Organisation"),
        "transferable": False,
        "hierarchyElements": [_reference(lot.lot, "Place")],
        "credentials": [{"type": credential} for credential in credentials],
        "rateEligibility": rates,
    }


def _eligible(lot: Lot) -> Json:
    return {
        "id": f"{lot.lot}-rate",
        "version": 1,
        "priority": 1,
        "combinable": False,
        "eligibility": {"qualifications": []},
        "rateTable": _reference(lot.tariff or "", "RateTable"),
    }


def _assigned(db: Reader, span: Span, site: places.SiteRow) -> Iterator[Json]:
    """Every permit in force, once for each of these lots that it covers."""
    for row in every_permit(db):
        for lot in span.lots:
            if row.permit.covers(lot):
                yield {
                    "id": f"{row.permit.permit}-{lot.lot}",
                    "version": 1,
                    "rightHolder": {"credentials": [_credential("permit", "Permit", str(row.permit.permit), site.name)]},
                    "rightSpecification": _reference(f"{lot.lot}-permits", "RightSpecification"),
                    "issuanceTime": _instant(row.created_at),
                    **({"expiry": _instant(row.permit.valid.until)} if row.permit.valid.until else {}),
                }


def every_permit(db: Reader, page: int = 500) -> Iterator[parking.PermitRow]:
    """Those that have not been ended, a page at a time."""
    rows = parking.permits(db, limit=page)
    while rows:
        yield from rows
        rows = parking.permits(db, after=rows[-1].permit.permit, limit=page) if len(rows) == page else []


def _rates(db: Reader, span: Span) -> Iterator[Json]:
    for name in sorted({lot.tariff for lot in span.lots if lot.tariff is not None}):
        row = parking.tariff_on(db, name, span.until.astimezone(span.tz).date())
        if row is None:
            continue
        try:
            tariff = read_tariff(str(row.document))
        except Refused:
            continue
        yield rate_table(tariff, datetime.combine(row.since, datetime.min.time(), tariff.zone))


def rate_table(tariff: Tariff, since: datetime) -> Json:
    """The first rate's bands, a collection each. `since` is the begin of the day from which it is in force."""
    bands = enumerate(tariff.rates[0].bands, 1)
    return {
        "id": tariff.name,
        "version": 1,
        "rateTableName": _text(tariff.name),
        "validityStart": _instant(since),
        "activeTimes": [WHOLE_DAY],
        "availability": "public",
        "rateLineCollections": [_collection(tariff, band, number, since) for number, band in bands],
    }


def _collection(tariff: Tariff, band: Band, number: int, since: datetime) -> Json:
    steps = () if band.ladder is None else band.ladder.steps
    lines = [_rate_line(step, place, tariff.currency) for place, step in enumerate(steps, 1)]
    flats = [
        {"sequence": place, "rateLineType": "flatRate", "value": _value(price, tariff.currency)}
        for place, price in enumerate(band.flats, 1)
    ]
    free = [{"sequence": 1, "rateLineType": "flatRate", "value": 0}] if band.free else []
    capped = {} if band.ceiling is None else {"maxValueCollection": _value(band.ceiling, tariff.currency)}
    return {
        "applicableCurrency": tariff.currency,
        "collectionSequence": number,
        "minTime": "PT0M",
        "maxTime": WHOLE_DAY,
        "relativeTimes": True,
        "resetTime": f"{tariff.day_starts // 60:02}:{tariff.day_starts % 60:02}",
        "taxIncluded": tariff.tax is None or tariff.tax.included,
        "validStart": _instant(since),
        "rateLines": lines or flats or free,
        **capped,
    }


def _rate_line(step: Step, number: int, currency: str) -> Json:
    line: Json = {"sequence": number, "durationStart": duration(step.start), "value": _value(step.price, currency)}
    if step.until is not None:
        line["durationEnd"] = duration(step.until)
    if step.total:
        return {**line, "rateLineType": "flatRateTier"}
    return {**line, "rateLineType": "incrementingRate", "incrementPeriod": duration(step.each)}


def _stays(db: Reader, span: Span) -> list[reports.Stood]:
    """Those that touch the days asked for."""
    found = stood(db, span)
    return [stay for stay in found if stay.until is None or stay.until >= span.since]


def _visiting(stay: reports.Stood, site: places.SiteRow) -> Json:
    """The right that a visitor was given at the entry."""
    return {
        "id": _right_of(stay),
        "version": 1,
        "rightHolder": {"credentials": [_credential("licensePlate", "Stay", str(stay.stay), site.name)]},
        "rightSpecification": _reference(f"{stay.lot}-visitors", "RightSpecification"),
        "issuanceTime": _instant(stay.entered),
    }


def _right_of(stay: reports.Stood) -> str:
    return f"{stay.permit}-{stay.lot}" if stay.permit else f"{stay.stay}-right"


def _session(stay: reports.Stood, tz: tzinfo, site: SiteId) -> Json:
    ended = {"actualEnd": _instant(stay.until.astimezone(tz))} if stay.until else {}
    times = {"actualStart": _instant(stay.entered.astimezone(tz)), **ended}
    segment = {
        "id": f"{stay.stay}-1",
        "version": 1,
        **times,
        "assignedRight": _reference(_right_of(stay), "AssignedRight"),
        "validationType": ["permit" if stay.permit else "licensePlate"],
    }
    return {
        "id": str(stay.stay),
        "version": 1,
        **times,
        "initiator": {"id": str(site), "version": 1},
        "hierachyElement": _reference(stay.lot, "Place"),
        "identifiedCredentials": [_credential("licensePlate", "Stay", str(stay.stay), "Sealgate")],
        "segments": [segment],
    }


def _set_head(span: Span, site: SiteId, now: datetime) -> Json:
    return {
        "id": f"{site}-{span.since:%Y%m%d}-{span.until:%Y%m%d}",
        "version": 1,
        "creationDateTime": _instant(now),
        "creator": {"id": str(site), "version": 1},
    }


def _observed(house: House, signed: Signed, span: Span, site: SiteId, lanes: dict[GateId, LotId]) -> Iterator[Json]:
    """Every passage at the lanes, newest first; each page in a transaction of its own."""
    last: reports.Opened | None = None
    while True:
        with house.store.read(signed.tenant) as db:
            rows = reports.passed(db, site, list(lanes), span.since, span.until, AT_A_TIME, last)
        yield from (_observation(row, lanes[row.gate], site, span.tz) for row in rows)
        if len(rows) < AT_A_TIME:
            return
        last = rows[-1]


def _observation(row: reports.Opened, lot: LotId, site: SiteId, tz: tzinfo) -> Json:
    at = _instant(row.at.astimezone(tz))
    return {
        "id": str(row.passage),
        "version": 1,
        "method": "anpr",
        "type": "licensePlate",
        "observationStartTime": at,
        "creationDateTime": at,
        "location": _reference(lot, "Place"),
        "observerOrganisation": {"id": str(site), "version": 1},
    }


def duration(seconds: int) -> str:
    """ISO 8601: PT15M, PT1H30M, PT24H, PT45S.

    >>> duration(5400)
    'PT1H30M'
    """
    minutes, left = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "H"), (minutes, "M"), (left, "S"))
    return "PT" + ("".join(f"{count}{unit}" for count, unit in parts if count) or "0M")


def began(name: UUID) -> datetime:
    """When an identity was made: the milliseconds in front of a UUIDv7."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=name.int >> 80)


def _credential(kind: str, family: str, name: str, issuer: str) -> Json:
    return {"type": kind, "identifier": {"className": family, "id": name}, "issuer": _text(issuer)}


def _reference(name: UUID | str, family: str) -> Json:
    return {"id": str(name), "version": 1, "className": family}


def _text(text: str) -> list[Json]:
    return [{"language": "zh" if any("一" <= letter <= "鿿" for letter in text) else "en", "string": text}]


def _value(minor: int, currency: str) -> float:
    return float(Money(minor, currency).text)


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
