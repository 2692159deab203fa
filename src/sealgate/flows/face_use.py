"""Switching faces on at a site: its purpose and necessity written, an assessment made of what the site really does, and off.

The surprising thing: nothing here ever stops a gate. A site whose gates took faces before this was asked, or whose facts have
changed since, is told that its assessment is due; after thirty days no more faces are enrolled, and whoever is goes on passing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from sealgate.domain.asking import PrivacyRules, after_working_days, checked_words, clock_of
from sealgate.domain.calendar import local_day, zone
from sealgate.domain.errors import Invalid
from sealgate.domain.face_use import (
    FILED_FROM,
    FILED_WITHIN,
    KEPT,
    Assessment,
    Filing,
    RoomKind,
    Standing,
    checked_text,
    digest_of,
)
from sealgate.domain.ids import AssessmentId, SiteId, TenantId, ZoneId
from sealgate.domain.operators import Permission
from sealgate.domain.sightings import Means
from sealgate.flows.asking import rest_days, today_in
from sealgate.flows.face_need import FaceUse, facts_of, need_no_eyes, use_of
from sealgate.flows.kit import House, Signed
from sealgate.privacy import journal
from sealgate.store import directory, places
from sealgate.store import face_use as rows
from sealgate.store.engine import Actor, Tx
from sealgate.store.face_use import UseRow

WORKER = Actor("system", "worker")


def face_use(house: House, signed: Signed, site: SiteId) -> FaceUse:
    signed.need(Permission.SEE_RULES)
    with house.store.read(signed.tenant) as db:
        return use_of(db, site)


def standing_of(house: House, signed: Signed, site: SiteId) -> Standing:
    """For a banner: nothing that names anybody."""
    with house.store.read(signed.tenant) as db:
        return use_of(db, site).standing


def switch_on(house: House, signed: Signed, site: SiteId, purpose: str, necessity: str, risks: str) -> AssessmentId:
    """Write what faces are for and why nothing milder would do, and assess. Once more makes the assessment anew.

    `risks` is what is left of them after the measures, and what is done about it. Raises `BadFaceUse`.
    """
    signed.need(Permission.PRIVACY)
    said = UseRow(site, checked_text(purpose, "purpose"), checked_text(necessity, "necessity"))
    left = checked_text(risks, "risks")
    made = AssessmentId(house.new_id())
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        places.site(tx, site)
        rows.put_use(tx, replace(said, written_by=signed.operator, written_at=now))
        facts = facts_of(tx, site)
        digest = digest_of(facts)
        rows.add_assessment(tx, Assessment(made, site, now, facts, digest, left), signed.operator)
        told = f"site:{site}:assessment:{made}:{digest[:16]}"
        journal.write(tx, house.keyring, now, "face.assessed", object=told, purpose=said.purpose[:300])
        tx.after_commit(house.wake)
    return made


def switch_off(house: House, signed: Signed, site: SiteId, why: str) -> int:
    """No gate of the site takes a face from now on and every template of it is gone; how many people had one."""
    signed.need(Permission.PRIVACY)
    words = checked_words(why)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now, people = house.clock.now(), rows.count_people(tx, site)
        for row in places.gates(tx, site):
            if Means.FACE in row.means:
                places.update_gate(tx, row.gate, means=row.means - {Means.FACE})
        tx.after_commit(_forget_all(house, tx, site, now))
        before = rows.use(tx, site) or UseRow(site, "", "")
        rows.put_use(tx, replace(before, stopped_at=now, due_since=None))
        rows.end_assessments(tx, site, now)
        journal.write(tx, house.keyring, now, "face.switched-off", object=f"site:{site}:people:{people}", purpose=words)
        tx.after_commit(house.wake)
    return people


def set_room(house: House, signed: Signed, site: SiteId, zone_id: ZoneId, room: RoomKind) -> None:
    """Raises `PrivateRoom`, `NotFound`."""
    signed.need(Permission.CHANGE_RULES)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        if room.private:
            need_no_eyes(tx, site, zone_id)
        places.set_room(tx, zone_id, room)
        journal.write(tx, house.keyring, house.clock.now(), "zone.room-set", object=f"zone:{zone_id}:{room}")


def look_at_facts(house: House, tenant: TenantId) -> int:
    """A round: note since when an assessment is due, take away those kept long enough, and count towards the filing.

    How many sites were found to have one due.
    """
    found = 0
    with house.store.read(tenant) as db:
        sites = [row.site for row in places.sites(db)]
        due = {site: use_of(db, site) for site in sites}
        people, (reached_at, filed_on, number) = rows.count_people(db), rows.filing(db)
    now = house.clock.now()
    for site, use in due.items():
        if use.standing is Standing.DUE and use.due_since is None:
            with house.store.begin(tenant, WORKER) as tx:
                rows.put_use(tx, replace(rows.use(tx, site) or UseRow(site, "", ""), due_since=now))
                journal.write(tx, house.keyring, now, "face.assessment-due", object=f"site:{site}")
            found += 1
        elif use.standing is Standing.ON and use.due_since is not None:
            with house.store.begin(tenant, WORKER) as tx, tx.upkeep():
                rows.set_due(tx, site, None)
    with house.store.begin(tenant, WORKER) as tx:
        with tx.upkeep():
            gone = rows.remove_assessments(tx, now - KEPT)
            reached = people >= FILED_FROM and reached_at is None
            if reached:
                rows.put_filing(tx, now, filed_on, number)
        if gone or reached:
            what = f"removed:{gone}:people:{people}"
            journal.write(tx, house.keyring, now, "face.counted", object=what)
    return found


def filing(house: House, signed: Signed) -> Filing:
    """The live count against 100,000, and the clock of the filing once that was reached."""
    signed.need(Permission.SEE_RULES)
    with house.store.read(signed.tenant) as db:
        people, (reached_at, filed_on, number) = rows.count_people(db), rows.filing(db)
        if reached_at is None or filed_on is not None:
            return Filing(people, reached_at, filed_on, number or "")
        sites, rests = places.sites(db), rest_days(db)
        reached_on = local_day(reached_at, zone(sites[0].time_zone if sites else "UTC"))
        due = after_working_days(reached_on, FILED_WITHIN, rests)
        clock = clock_of(due, today_in(house, db), PrivacyRules(), rests)
    return Filing(people, reached_at, None, "", clock)


def filed(house: House, signed: Signed, on: date, number: str) -> None:
    """It was filed with the provincial office on that day, under that number. Raises `Invalid`."""
    signed.need(Permission.PRIVACY)
    said = " ".join(number.split())
    if not 1 <= len(said) <= 80:
        raise Invalid("1 to 80 characters", field="number")
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now, (reached_at, _filed, _number) = house.clock.now(), rows.filing(tx)
        rows.put_filing(tx, reached_at, on, said)
        journal.write(tx, house.keyring, now, "face.filed", object=f"filed:{on}:{said}")


def _forget_all(house: House, tx: Tx, site: SiteId, now: datetime) -> Callable[[], None]:
    """End every template of the site; answers what to do in memory once that is committed."""
    ended = rows.templates(tx, site)
    for credential in ended:
        directory.end_credential(tx, credential, now)
        directory.forget_secret(tx, credential)

    def forget() -> None:
        for credential in ended:
            house.galleries.of(tx.tenant, site).remove(credential)

    return forget
