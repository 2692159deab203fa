"""A sighting at a gate: decide, write it down, then open.

Written before opened: a door that opened has always a row that says why. The opposite order
would be faster by one commit, and could lose the reason. The latch's answer is a second fact.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sealgate.domain.access import Candidate, Decision, Facts, GatePolicy, Reason, decide, recognise, refuse, screen
from sealgate.domain.calendar import day_number, local_day
from sealgate.domain.errors import Refused
from sealgate.domain.ids import CredentialId, GateId, PassageId, PersonId, TenantId, ZoneId
from sealgate.domain.operators import Permission
from sealgate.domain.people import PersonKind, first_name
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import CodeSighting, FaceSighting, Means, PlateSighting, Sighting, means_of
from sealgate.flows.edge_codes import sought
from sealgate.flows.faces import least_likeness, template_place
from sealgate.flows.kit import House, Signed, of_day, seal, subject, unseal
from sealgate.flows.passage_places import picture_place, presence_place, profile_place, who_place
from sealgate.flows.visit_moves import passed
from sealgate.ports import KeyKind, LatchAnswer, Sealed, Token, Unreachable
from sealgate.privacy import journal
from sealgate.store import directory, passages, pictures, places
from sealgate.store.engine import Actor, Reader, Tx
from sealgate.vault.envelope import Place


class NeedsWords(Refused):
    """Opening by hand asks for a reason in words."""

    code = "gate.why-needed"


@dataclass(frozen=True, slots=True)
class Admission:
    """What became of one sighting. `latch` is None where nothing was to be opened."""

    passage: PassageId
    decision: Decision
    first_name: str | None = None
    latch: LatchAnswer | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody recognised: the facts, and what their profile says. `similarity` is a face's."""

    facts: Facts
    name: str
    similarity: float | None = None
    visitor: bool = False


def admit(house: House, tenant: TenantId, sighting: Sighting) -> Admission:
    """Decide one sighting. Raises `NotFound` for a gate of another tenant, and the store's and vault's faults."""
    actor = Actor("gate", str(sighting.gate))
    with house.store.begin(tenant, actor) as tx:
        now = house.clock.now()
        policy = places.policy_of(tx, sighting.gate)
        known, decision = judge(house, tx, policy, sighting, now)
        passage = _record(house, tx, policy, sighting, decision, known, now)
        tx.after_commit(house.wake)
    latch = open_latch(house, tenant, actor, policy, passage) if decision.opens else None
    return Admission(passage, decision, first_name(known.name) if known else None, latch)


def open_by_hand(house: House, signed: Signed, gate: GateId, why: str) -> Admission:
    """An operator opens: recorded as forced, with the words, never as if somebody had been recognised."""
    signed.need(Permission.OPEN_GATES)
    words = " ".join(why.split())
    if not 3 <= len(words) <= 300:
        raise NeedsWords("say why in 3 to 300 characters")
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        policy = places.policy_of(tx, gate)
        decision = Decision(opens=True, reason=Reason.FORCED)
        day = local_day(now, policy.tz)
        passage = PassageId(house.counter.next(now))
        detail = _sealed_detail(house, signed.tenant, passage, of_day(policy.site, day), {"why": words, "by": signed.name})
        _append(tx, policy, passage, now, day, None, decision, detail=detail)
        journal.write(tx, house.keyring, now, "gate.opened-by-hand", object=f"passage:{passage}", purpose=words)
        tx.publish("passage", {"site": str(policy.site), "passage": passage})
        tx.after_commit(house.wake)
    return Admission(passage, decision, latch=open_latch(house, signed.tenant, signed.actor, policy, passage))


def may_enter(house: House, tx: Reader, policy: GatePolicy, plate: PlateText, now: datetime) -> bool:
    """Whether somebody is enrolled with this plate who may pass this gate now."""
    row = directory.credential_by_token(tx, Means.PLATE, house.index.standing_token(tx.tenant, Means.PLATE.value, plate))
    known = None if row is None else _facts(house, tx, row.credential, None)
    return known is not None and decide(known.facts, Means.PLATE, policy, now).opens


def plates_of_person(house: House, db: Reader, person: PersonId) -> list[PlateText]:
    """The plates they are enrolled with."""
    mine = directory.credentials_of(db, person)
    rows = [row for row in mine if row.means is Means.PLATE and row.ended_at is None]
    return [PlateText(unseal(house, template_place(db.tenant, row.credential), row.secret)["value"]) for row in rows]


def judge(house: House, tx: Reader, policy: GatePolicy, sighting: Sighting, now: datetime) -> tuple[Known | None, Decision]:
    """Who it is, and whether they may pass. Nothing is written."""
    early = screen(sighting, policy, now) or _too_many_tries(house, sighting, now)
    if early is not None:
        return None, refuse(early)
    found = _identify(house, tx, policy, sighting)
    if isinstance(found, Reason):
        if isinstance(sighting, CodeSighting):
            house.code_tries.missed(str(sighting.gate), now)
        return None, refuse(found)
    known = _facts(house, tx, found.credential, found.similarity if isinstance(sighting, FaceSighting) else None)
    if known is None:
        return None, refuse(Reason.UNKNOWN)
    return known, decide(known.facts, means_of(sighting), policy, now)


def _too_many_tries(house: House, sighting: Sighting, now: datetime) -> Reason | None:
    """Codes can be guessed, so a gate stops listening for a while after many wrong ones."""
    guessing = isinstance(sighting, CodeSighting) and house.code_tries.wait(str(sighting.gate), now)
    return Reason.TOO_MANY_TRIES if guessing else None


def _identify(house: House, tx: Reader, policy: GatePolicy, sighting: Sighting) -> Candidate | Reason:
    if isinstance(sighting, FaceSighting):
        near = house.galleries.of(tx.tenant, policy.site).nearest(sighting.vector, k=5)
        least = max(policy.min_similarity, least_likeness(house, tx, policy.site))
        return recognise(near, replace(policy, min_similarity=least))
    means = means_of(sighting)
    value = sighting.text if isinstance(sighting, PlateSighting) else sighting.value
    value = sought(house, tx.tenant, means, value)
    row = directory.credential_by_token(tx, means, house.index.standing_token(tx.tenant, means.value, value))
    return Reason.UNKNOWN if row is None else Candidate(row.person, row.credential, 1.0)


def _facts(house: House, tx: Reader, credential: CredentialId, similarity: float | None) -> Known | None:
    row = directory.facts_of(tx, credential)
    if row is None:
        return None
    profile = unseal(house, profile_place(tx.tenant, row.person), row.profile)
    seen = unseal(house, presence_place(tx.tenant, row.person), row.presence)["zone"] if row.presence else None
    facts = Facts(
        person=row.person,
        credential=credential,
        suspended=row.suspended,
        valid=row.valid,
        credential_valid=row.credential_valid,
        consented=row.consented,
        grants=row.grants,
        zone=ZoneId(UUID(seen)) if seen else None,
        gates=row.gates,
    )
    return Known(facts, str(profile["name"]), similarity, visitor=row.kind is PersonKind.VISITOR)


def _record(
    house: House, tx: Tx, policy: GatePolicy, sighting: Sighting, decision: Decision, known: Known | None, now: datetime
) -> PassageId:
    passage = PassageId(house.counter.next(now))
    day = local_day(now, policy.tz)
    owner = subject(known.facts.person) if known else of_day(policy.site, day)
    detail = _detail(sighting, known)
    if not isinstance(sighting, CodeSighting) and sighting.picture and keeps_picture(sighting, known):
        detail["picture"] = str(keep_picture(house, tx, owner, day, sighting.picture))
    who, token = _who(house, tx.tenant, policy, day, passage, sighting, known)
    _append(
        tx,
        policy,
        passage,
        now,
        day,
        means_of(sighting),
        decision,
        token=token,
        who=who,
        detail=_sealed_detail(house, tx.tenant, passage, owner, detail),
    )
    if known and decision.opens:
        move(house, tx, policy, known, now)
    journal.write(tx, house.keyring, now, "passage.recorded", object=f"passage:{passage}")
    tx.publish("passage", {"site": str(policy.site), "passage": passage})
    return passage


def move(house: House, tx: Tx, policy: GatePolicy, known: Known, now: datetime) -> None:
    """They are on the far side of the gate now, as far as we know."""
    state = {"zone": str(policy.to_zone), "since": now.isoformat(), "site": str(policy.site)}
    person = known.facts.person
    place = presence_place(tx.tenant, person)
    directory.set_presence(tx, person, seal(house, tx.tenant, subject(person), place, state))
    if known.visitor:
        passed(house, tx, person, leaving=policy.leaving, now=now)


def keeps_picture(sighting: Sighting, known: Known | None) -> bool:
    """Strangers are forgotten: no picture of an unknown face is kept."""
    return known is not None or isinstance(sighting, PlateSighting)


def keep_picture(house: House, tx: Tx, owner: tuple[KeyKind, str], day: date, picture: bytes) -> UUID:
    """Sealed before it touches a disk, named at random; no row says which passage it belongs to."""
    name = UUID(bytes=secrets.token_bytes(16), version=4)
    place = picture_place(tx.tenant, name)
    house.blobs.put(name.hex, house.keyring.seal(tx.tenant, *owner, place, picture))
    pictures.add_picture(tx, name, day=day_number(day), key_kind=owner[0])
    return name


def _who(
    house: House, tenant: TenantId, policy: GatePolicy, day: date, passage: PassageId, sighting: Sighting, known: Known | None
) -> tuple[Sealed | None, Token | None]:
    """Whose passage it is, under the day's key, and the day's token to find it by."""
    if known is not None:
        return who_passed(house, tenant, policy, day, passage, known.facts.person)
    if isinstance(sighting, PlateSighting):
        return None, house.index.day_token(tenant, policy.site, day, Means.PLATE.value, sighting.text)
    return None, None


def who_passed(
    house: House, tenant: TenantId, policy: GatePolicy, day: date, passage: PassageId, person: PersonId
) -> tuple[Sealed, Token]:
    """Somebody's name on a passage, under the day's key, and the day's token to find it by."""
    who = seal(house, tenant, of_day(policy.site, day), who_place(tenant, passage), {"person": str(person)})
    return who, person_token(house, tenant, policy, day, person)


def person_token(house: House, tenant: TenantId, policy: GatePolicy, day: date, person: PersonId) -> Token:
    return house.index.day_token(tenant, policy.site, day, "person", str(person))


def _detail(sighting: Sighting, known: Known | None) -> dict[str, Any]:
    match sighting:
        case FaceSighting():
            similarity = known.similarity if known else None
            return {"score": None if similarity is None else round(similarity, 3), "frames": sighting.frames}
        case PlateSighting():
            return {"plate": sighting.text, "score": round(sighting.score, 3), "kind": sighting.kind, "frames": sighting.frames}
        case CodeSighting():
            return {}


def _sealed_detail(
    house: House, tenant: TenantId, passage: PassageId, owner: tuple[KeyKind, str], detail: dict[str, Any]
) -> Sealed:
    return seal(house, tenant, owner, Place(tenant, "passages", "detail", str(passage)), detail)


def _append(
    tx: Tx,
    policy: GatePolicy,
    passage: PassageId,
    now: datetime,
    day: date,
    means: Means | None,
    decision: Decision,
    *,
    token: Token | None = None,
    who: Sealed | None = None,
    detail: Sealed | None = None,
) -> None:
    row = passages.PassageRow(
        passage=passage,
        site=policy.site,
        gate=policy.gate,
        day=day_number(day),
        at=now,
        means=means,
        opens=decision.opens,
        reason=decision.reason,
        token=token,
        who=who,
        detail=detail,
    )
    passages.append(tx, [row])


def open_latch(house: House, tenant: TenantId, actor: Actor, policy: GatePolicy, passage: PassageId) -> LatchAnswer:
    """Release the latch and write its answer down. A latch that is away is an answer, no fault: the decision stands."""
    try:
        answer = house.latch.release(policy.gate, policy.open_for)
    except Unreachable:
        answer = LatchAnswer.UNREACHABLE
    with house.store.begin(tenant, actor) as tx:
        now = house.clock.now()
        passages.answer_latch(tx, passage, answer, now)
        journal.write(tx, house.keyring, now, "latch.answered", object=f"passage:{passage}:{answer}")
        tx.publish("passage", {"site": str(policy.site), "passage": passage, "latch": answer.value})
        tx.after_commit(house.wake)
    return answer
