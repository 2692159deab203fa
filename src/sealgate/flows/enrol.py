"""Enrolling somebody: their record, their consents, their ways in.

A face is taken only after a recorded consent, and is gone the moment the consent is; every other way in stays.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import numpy as np

from sealgate.domain.access import Validity
from sealgate.domain.errors import Conflict, NotFound, Refused
from sealgate.domain.ids import ConsentId, CredentialId, GateId, GroupId, PersonId, SiteId, TenantId
from sealgate.domain.operators import Permission
from sealgate.domain.people import PersonKind, Profile, checked, code_text, ending, name_key, number_key
from sealgate.domain.sightings import Means
from sealgate.domain.visits_asking import checked_guardian
from sealgate.flows.edge_codes import code_record
from sealgate.flows.face_need import need_on
from sealgate.flows.faces import best_face, kept_form, template_place, turned
from sealgate.flows.kit import House, Signed, seal, subject, unseal
from sealgate.flows.passage_places import profile_place
from sealgate.ports import Pixels, Sealed, Token, Vector
from sealgate.privacy import journal
from sealgate.store import directory, places
from sealgate.store.engine import Actor, Reader, Tx
from sealgate.vault.envelope import Place

MAX_PICTURES = 8
MIN_ENROL_QUALITY = 0.35
ENOUGH_LOOKS = 3

TWO_LOOKS = 0.08
"""Two pictures of one enrolment may be less alike by so much than somebody at a gate has to be to the template. Among three
pictures one of a stranger is then noticed 96 times in 100; against their mean, as it was, 65 times (docs/models.md)."""

POSE_APART = 0.04
"""By how much of the face's height the nose has to lie elsewhere for a look to another side: about six degrees."""


class NoConsent(Refused):
    code = "enrol.no-consent"
    status = 409


class NoFace(Refused):
    """No picture of those sent is good enough; `advice` says in codes what to do better."""

    code = "enrol.no-face"

    def __init__(self, advice: Sequence[str]) -> None:
        super().__init__(", ".join(advice) or self.code)
        self.advice = tuple(advice)


class NotOnePerson(Refused):
    """The pictures show more than one person."""

    code = "enrol.not-one-person"


class TooManyPictures(Refused):
    code = "enrol.too-many-pictures"


class FacesOff(Refused):
    code = "enrol.faces-off"
    status = 409


class AlreadyTaken(Conflict):
    """That card, plate or PIN is somebody else's."""

    code = "credential.taken"


class NumberTaken(Conflict):
    """That staff number is somebody else's."""

    code = "person.number-taken"


class AlreadyWithdrawn(Conflict):
    code = "consent.withdrawn-already"


class AlreadyEnded(Conflict):
    code = "credential.ended-already"


class UntilPast(Refused):
    code = "person.until-past"


@dataclass(frozen=True, slots=True)
class NewPerson:
    name: str
    kind: PersonKind = PersonKind.EMPLOYEE
    groups: tuple[GroupId, ...] = ()
    phone: str = ""
    email: str = ""
    number: str = ""
    valid_since: datetime | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class FaceEnrolled:
    """`quality` 0..1 of the best picture; `advice` for those that were not used; `poses` counts looks to different sides;
    `spread` is the likeness to the mean of the picture that is least like it."""

    credential: CredentialId
    quality: float
    pictures_used: int
    advice: tuple[str, ...]
    poses: int = 1
    spread: float = 1.0

    @property
    def weak(self) -> bool:
        """Whether it is known less surely: a single photograph, or looks all to one side."""
        return self.pictures_used < ENOUGH_LOOKS or self.poses < ENOUGH_LOOKS


@dataclass(frozen=True, slots=True)
class NewCredential:
    """`shown_once` is a PIN or QR text that we made, in clear, now and never again."""

    credential: CredentialId
    shown_once: str | None = None


@dataclass(frozen=True, slots=True)
class Pass:
    """What a visitor's ways in open, and when."""

    gates: tuple[GateId, ...]
    valid: Validity


def enrol(house: House, signed: Signed, new: NewPerson) -> PersonId:
    signed.need(Permission.ENROL)
    profile = checked(Profile(new.name, new.phone, new.email, new.number))
    if new.valid_until is not None and new.valid_until <= (new.valid_since or house.clock.now()):
        raise UntilPast("the end lies before the beginning", hint="Choose a later day")
    person = PersonId(house.new_id())
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        directory.add_person(
            tx,
            directory.PersonRow(
                person=person,
                profile=_sealed_profile(house, tx, person, profile),
                name_token=house.index.standing_token(tx.tenant, "name", name_key(profile.name)),
                number_token=own_number(house, tx, person, profile.number),
                kind=new.kind,
                suspended=False,
                valid_since=new.valid_since,
                valid_until=new.valid_until,
                created_at=now,
            ),
        )
        for group in new.groups:
            places.add_member(tx, group, person)
        journal.write(tx, house.keyring, now, "person.enrolled", about=person, object=f"person:{person}")
    return person


def change_person(house: House, signed: Signed, person: PersonId, new: NewPerson, *, keep: Collection[str] = ()) -> None:
    """`keep` names fields of the profile that stay as they are, for a form does not show what is sealed."""
    signed.need(Permission.ENROL)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row = directory.person(tx, person)
        if row is None:
            raise NotFound("person")
        old = unseal(house, profile_place(tx.tenant, person), row.profile)
        kept = {field: str(old[field]) for field in keep}
        profile = checked(replace(Profile(new.name, new.phone, new.email, new.number), **kept))
        directory.update_person(
            tx,
            person,
            profile=_sealed_profile(house, tx, person, profile),
            name_token=house.index.standing_token(tx.tenant, "name", name_key(profile.name)),
            number_token=own_number(house, tx, person, profile.number),
            kind=new.kind,
            valid_since=new.valid_since,
            valid_until=new.valid_until,
        )
        before = set(places.groups_of(tx, person))
        for group in before - set(new.groups):
            places.remove_member(tx, group, person)
        for group in set(new.groups) - before:
            places.add_member(tx, group, person)
        journal.write(tx, house.keyring, house.clock.now(), "person.changed", about=person, object=f"person:{person}")


def suspend(house: House, signed: Signed, person: PersonId, *, on: bool, why: str) -> None:
    signed.need(Permission.ENROL)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        if not directory.set_suspended(tx, person, suspended=on):
            raise NotFound("person")
        action = "person.suspended" if on else "person.restored"
        journal.write(tx, house.keyring, house.clock.now(), action, about=person, object=f"person:{person}", purpose=why[:300])


def consent_to_face(
    house: House, signed: Signed, person: PersonId, *, notice_version: str, given_by: str = "person", guardian: str = ""
) -> ConsentId:
    """Record that the person said yes to the notice of that version; `given_by` is `person`, or `guardian` for somebody
    under 14, whose guardian is then named. Raises `GuardianNeeded`."""
    signed.need(Permission.ENROL)
    named = checked_guardian(guardian, confirmed=True) if given_by == "guardian" else ""
    consent = ConsentId(house.new_id())
    with house.store.begin(signed.tenant, signed.actor) as tx:
        _must_be_there(tx, person)
        now = house.clock.now()
        place = Place(tx.tenant, "consents", "details", str(consent))
        details = seal(house, tx.tenant, subject(person), place, {"guardian": named}) if named else None
        row = directory.ConsentRow(
            consent,
            person,
            Means.FACE.value,
            notice_version,
            given_at=now,
            withdrawn_at=None,
            given_by=given_by,
            details=details,
        )
        directory.add_consent(tx, row)
        journal.write(tx, house.keyring, now, "consent.given", about=person, object=f"consent:{consent}")
    return consent


def withdraw_consent(house: House, signed: Signed, consent: ConsentId) -> None:
    """The template is gone at once, from the store and from memory; cards, codes and plates stay."""
    signed.need(Permission.ENROL)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        person = directory.withdraw_consent(tx, consent, now)
        if person is None:
            raise AlreadyWithdrawn("withdrawn already")
        forgotten = forget_faces(house, tx, person, now)
        journal.write(tx, house.keyring, now, "consent.withdrawn", about=person, object=f"consent:{consent}")
        tx.after_commit(forgotten)


def enrol_face(house: House, signed: Signed, site: SiteId, person: PersonId, pictures: Sequence[bytes]) -> FaceEnrolled:
    """One template from 1 to 8 pictures (JPEG, PNG, WebP) of one person; the pictures are not kept.

    The mean of several is much better than one (VISION: FNMR 27 % with one picture, 7 % with five).
    """
    signed.need(Permission.ENROL)
    return take_face(house, signed.tenant, signed.actor, site, person, pictures)


def take_face(
    house: House,
    tenant: TenantId,
    actor: Actor,
    site: SiteId,
    person: PersonId,
    pictures: Sequence[bytes],
    *,
    pass_: Pass | None = None,
) -> FaceEnrolled:
    """As `enrol_face`, by whoever may: it asks no permission. A visitor's face opens as their pass does and no more."""
    if house.faces is None:
        raise FacesOff("this program reads no faces", hint="Run `sealgate models build`")
    if not 1 <= len(pictures) <= MAX_PICTURES:
        raise TooManyPictures(f"send 1 to {MAX_PICTURES} pictures")
    with house.store.read(tenant) as db:
        _must_be_there(db, person)
        need_on(house, db, site, enrols=True)
        if not directory.has_consent(db, person, Means.FACE.value):
            raise NoConsent("no consent to face is recorded")
    made = _template(house, pictures)
    mean = made.mean
    credential = CredentialId(house.new_id())
    with house.store.begin(tenant, actor) as tx:
        now = house.clock.now()
        if not directory.has_consent(tx, person, Means.FACE.value):  # withdrawn while we looked
            raise NoConsent("no consent to face is recorded")
        forgotten = forget_faces(house, tx, person, now, site)
        place = template_place(tx.tenant, credential)
        space = places.face_space(tx, site)
        kept = kept_form(house, tenant, site, space, mean)
        sealed = house.keyring.seal(tx.tenant, *subject(person), place, kept)
        row = _credential(person, credential, Means.FACE, now, secret=sealed, pack=house.faces.pack, site=site)
        row = replace(row, space=space)
        if pass_ is not None:
            row = replace(row, since=pass_.valid.since, until=pass_.valid.until, gates=tuple(map(str, pass_.gates)))
        directory.add_credential(tx, row)
        journal.write(tx, house.keyring, now, "face.enrolled", about=person, object=f"credential:{credential}")
        tx.after_commit(forgotten)
        tx.after_commit(lambda: house.galleries.of(tenant, site).put(person, credential, turned(house, tenant, site, mean)))
    return FaceEnrolled(credential, made.quality, made.used, made.advice, made.poses, made.spread)


def add_credential(
    house: House, signed: Signed, person: PersonId, means: Means, value: str = "", until: datetime | None = None
) -> NewCredential:
    """A plate or card as given; a PIN or QR text that we make where none is given. Raises `AlreadyTaken`, `UntilPast`."""
    signed.need(Permission.ENROL)
    if until is not None and until <= house.clock.now():
        raise UntilPast("the last day is over", hint="Choose a later day")
    made = _make(means) if not value.strip() else None
    text = code_text(means, made or value)
    credential = CredentialId(house.new_id())
    with house.store.begin(signed.tenant, signed.actor) as tx:
        _must_be_there(tx, person)
        now = house.clock.now()
        token = house.index.standing_token(tx.tenant, means.value, text)
        if directory.tokens_taken(tx, means, [token]):
            raise AlreadyTaken("taken", hint="Look the value up, and end the other one first")
        shown = {"value": text, "hint": ending(text)}
        record = shown if means in {Means.PLATE, Means.CARD} else code_record(house, tx.tenant, means, text)
        sealed = seal(house, tx.tenant, subject(person), template_place(tx.tenant, credential), record)
        row = _credential(person, credential, means, now, secret=sealed, token=token, until=until)
        directory.add_credential(tx, row)
        journal.write(tx, house.keyring, now, "credential.added", about=person, object=f"credential:{credential}:{means}")
    return NewCredential(credential, made)


def end_credential(house: House, signed: Signed, credential: CredentialId) -> None:
    signed.need(Permission.ENROL)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        row = directory.end_credential(tx, credential, now)
        if row is None:
            raise AlreadyEnded("ended already")
        directory.forget_secret(tx, credential)
        journal.write(tx, house.keyring, now, "credential.ended", about=row.person, object=f"credential:{credential}")
        if row.means is Means.FACE and row.site is not None:
            gallery = house.galleries.of(signed.tenant, row.site)
            tx.after_commit(lambda: gallery.remove(credential))


def number_token(house: House, tenant: TenantId, number: str) -> Token | None:
    """By which a staff number is found; None for no number."""
    key = number_key(number)
    return house.index.standing_token(tenant, "number", key) if key else None


def own_number(house: House, tx: Tx, person: PersonId, number: str) -> Token | None:
    """The number's token, if nobody else has it. Raises `NumberTaken`."""
    token = number_token(house, tx.tenant, number)
    if token is not None and directory.number_holder(tx, token) not in {None, person}:
        raise NumberTaken("taken", hint="Each staff number is one person's")
    return token


@dataclass(frozen=True, slots=True, eq=False)
class _Template:
    """`mean` is of length 1; the rest as in `FaceEnrolled`."""

    mean: Vector
    quality: float
    used: int
    advice: tuple[str, ...]
    poses: int
    spread: float


def _template(house: House, pictures: Sequence[bytes]) -> _Template:
    """The mean of the good pictures' vectors, and how good it is."""
    assert house.faces is not None
    vectors: list[Vector] = []
    sides: list[float] = []
    best, advice = 0.0, []
    for picture in pictures:
        pixels = house.decode(picture)
        face = best_face(house.faces, pixels)
        if isinstance(face, str):
            advice.append(face or "nobody-there")
        elif face.quality < MIN_ENROL_QUALITY:
            advice.append("more-light")
        elif _two_people(house, pixels):
            advice.append("one-person-only")
        else:
            vectors.append(house.faces.embed(pixels, face))
            sides += [house.life.pose(face).aside] if house.life else []
            best = max(best, face.quality)
    if not vectors:
        raise NoFace(sorted(set(advice)))
    mean = np.mean(vectors, axis=0).astype(np.float32)
    mean /= np.linalg.norm(mean)
    spread = min(float(mean @ v) for v in vectors)
    among = np.stack(vectors)
    if float((among @ among.T).min()) < house.faces.min_similarity - TWO_LOOKS:
        raise NotOnePerson("the pictures show more than one person")
    return _Template(mean, round(best, 2), len(vectors), tuple(sorted(set(advice))), _poses(sides), round(spread, 3))


def _poses(sides: Sequence[float]) -> int:
    """How many of these look to sides of their own; 1 where nobody can tell."""
    seen: list[float] = []
    for side in sorted(sides):
        if not seen or side - seen[-1] >= POSE_APART:
            seen.append(side)
    return max(1, len(seen))


def _two_people(house: House, pixels: Pixels) -> bool:
    """A second face at least half as wide as the first: somebody else stands in the picture."""
    assert house.faces is not None
    faces = house.faces.find(pixels)
    return len(faces) > 1 and faces[1].box[2] * 2 >= faces[0].box[2]


def _make(means: Means) -> str | None:
    if means is Means.PIN:
        return f"{secrets.randbelow(900_000) + 100_000}"
    if means is Means.QR:
        return "SG1." + secrets.token_urlsafe(18)
    return None


def _credential(
    person: PersonId,
    credential: CredentialId,
    means: Means,
    now: datetime,
    *,
    secret: Sealed,
    token: Token | None = None,
    pack: str | None = None,
    site: SiteId | None = None,
    until: datetime | None = None,
) -> directory.CredentialRow:
    return directory.CredentialRow(
        credential=credential,
        person=person,
        means=means,
        token=token,
        secret=secret,
        pack=pack,
        site=site,
        since=None,
        until=until,
        created_at=now,
        ended_at=None,
    )


def _must_be_there(db: Reader, person: PersonId) -> None:
    if directory.person(db, person) is None:
        raise NotFound("person")


def forget_faces(house: House, tx: Tx, person: PersonId, now: datetime, site: SiteId | None = None) -> Callable[[], None]:
    """End the person's face templates (of one site, or all); answers what to do in memory once that is committed."""
    ended = [
        row
        for row in directory.credentials_of(tx, person)
        if row.means is Means.FACE and row.ended_at is None and (site is None or row.site == site)
    ]
    for row in ended:
        directory.end_credential(tx, row.credential, now)
        directory.forget_secret(tx, row.credential)

    def forget() -> None:
        for row in ended:
            if row.site is not None:
                house.galleries.of(tx.tenant, row.site).remove(row.credential)

    return forget


def _sealed_profile(house: House, tx: Tx, person: PersonId, profile: Profile) -> Sealed:
    return seal(house, tx.tenant, subject(person), profile_place(tx.tenant, person), asdict(profile))
