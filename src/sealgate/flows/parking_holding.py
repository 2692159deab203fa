"""A card, a code or a face at a lane: its holder is let in and out like a car, and the permits of their plates count.

The surprising thing: it is the person that the stay is found by, not the card. So a card may be shown at the entry and a
code from the phone at the exit; and nobody is in twice.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sealgate.domain.access import Reason
from sealgate.domain.ids import PersonId
from sealgate.domain.lots import SpaceClass
from sealgate.domain.people import PersonKind, first_name
from sealgate.domain.plates import CAR
from sealgate.domain.sightings import CodeSighting, FaceSighting, means_of
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.stays_pairing import Ask, Likely
from sealgate.domain.stays_passing import Entered, Unclear
from sealgate.flows.kit import seal, subject, unseal
from sealgate.flows.parking_entering import begins
from sealgate.flows.parking_leaving import asks, leaves
from sealgate.flows.parking_outcomes import Arrival, turn_away
from sealgate.flows.parking_scene import Scene, holder_token, stay_token
from sealgate.flows.parking_writing import Price, note
from sealgate.flows.passage import judge, move, plates_of_person
from sealgate.flows.passage_places import presence_place
from sealgate.flows.visit_moves import passed
from sealgate.ports import Token
from sealgate.store import directory, parking


def holds(scene: Scene, sighting: CodeSighting | FaceSighting, price: Price) -> Arrival:
    """Who it is and whether they may pass is decided as at any gate; what then happens, as for a car."""
    known, decision = judge(scene.house, scene.tx, scene.policy, sighting, scene.now)
    means = means_of(sighting)
    if known is None:
        return turn_away(scene, note(scene), decision.reason, means)
    held = replace(scene, holder=known.facts.person, means=means)
    name = first_name(known.name)
    if not decision.opens:
        return replace(turn_away(held, note(held), decision.reason, means), first_name=name)
    arrival = _comes_in(held, sighting) if scene.lane.role.enters else _goes_out(held, known.facts.person, price)
    if arrival.opens:
        move(scene.house, scene.tx, scene.policy, known, scene.now)
    return replace(arrival, first_name=name)


def moved(scene: Scene, person: PersonId) -> None:
    """An edge let them through at `scene.at`: they are on the far side, unless they were seen anywhere since."""
    house, tx, policy = scene.house, scene.tx, scene.policy
    place = presence_place(tx.tenant, person)
    was = [unseal(house, place, sealed) for _, sealed in directory.presences(tx, [person])]
    if any(datetime.fromisoformat(one["since"]) >= scene.at for one in was):
        return
    state = {"zone": str(policy.to_zone), "since": scene.at.isoformat(), "site": str(policy.site)}
    directory.set_presence(tx, person, seal(house, tx.tenant, subject(person), place, state))
    row = directory.person(tx, person)
    if row is not None and row.kind is PersonKind.VISITOR:
        passed(house, tx, person, leaving=policy.leaving, now=scene.at)


def _comes_in(scene: Scene, sighting: CodeSighting | FaceSighting) -> Arrival:
    assert scene.holder is not None
    means = means_of(sighting)
    if _inside(scene, scene.holder):
        return turn_away(scene, note(scene), Reason.ALREADY_INSIDE, means)
    return begins(scene, Entered(), scene.lane.vehicle or CAR, SpaceClass.VISITORS, means=means)


def _goes_out(scene: Scene, person: PersonId, price: Price) -> Arrival:
    """The stay they began, else the one car of theirs that is inside. Of several nobody can tell."""
    rows = _inside(scene, person) or _cars(scene, person)
    if len(rows) == 1:
        return leaves(scene, price, rows[0])
    reason = CallReason.AMBIGUOUS if rows else CallReason.NO_ENTRY
    share = round(1 / max(len(rows), 1), 4)
    return asks(scene, Unclear(Ask(reason, tuple(Likely(row.stay.stay, share) for row in rows[:5]))), note(scene))


def _inside(scene: Scene, person: PersonId) -> list[parking.StayRow]:
    return _found(scene, holder_token(scene.house, scene.tenant, person))


def _cars(scene: Scene, person: PersonId) -> list[parking.StayRow]:
    """The cars with plates they are enrolled with."""
    plates = plates_of_person(scene.house, scene.tx, person)
    return [row for plate in plates for row in _found(scene, stay_token(scene.house, scene.tenant, plate))]


def _found(scene: Scene, token: Token) -> list[parking.StayRow]:
    rows = parking.stays_of_plate(scene.tx, token)
    return [row for row in rows if row.stay.inside and row.stay.lot == scene.lot]
