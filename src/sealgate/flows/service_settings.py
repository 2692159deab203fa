"""What an administrator says about the organisation's sign-in service, and how the pages learn of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.operators import Permission, Role
from sealgate.domain.signin_service import Service, checked
from sealgate.flows import service_asking
from sealgate.flows.kit import House, Signed, organisation, seal, tenant_of, unseal
from sealgate.ports import Sealed
from sealgate.privacy import journal
from sealgate.store import services as rows
from sealgate.store.engine import Reader
from sealgate.vault.envelope import Place

BACK = "/sign-in/service/back"


class NoService(Refused):
    """The organisation has no sign-in service, or it is switched off."""

    code = "service.none"
    status = 404


class NoAddress(Refused):
    """The service has to send browsers back to us, and we have not been told how they reach us."""

    code = "service.no-address"
    status = 409


@dataclass(frozen=True, slots=True)
class Found:
    """What a test of the connection found; the four of them are told one after the other."""

    answers: bool
    keys: int
    knows_pkce: bool
    client_known: bool


def kept(house: House, signed: Signed) -> tuple[Service, bool] | None:
    """What is set, and whether a secret is; None where nothing is."""
    signed.need(Permission.MANAGE_OPERATORS)
    with house.store.read(signed.tenant) as db:
        row = rows.service(db)
    return None if row is None else (service_of(row), row.secret is not None)


def keep(house: House, signed: Signed, service: Service, secret: str | None) -> None:
    """`secret` None leaves the one before, for the same issuer; "" takes it away. Raises `BadService`."""
    signed.need(Permission.MANAGE_OPERATORS)
    good = checked(service)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now, before = house.clock.now(), rows.service(tx)
        kept_secret = before.secret if before and before.issuer == good.issuer else None  # another server never gets it
        if secret is not None:
            text = secret.strip()[:1000]
            kept_secret = seal(house, tx.tenant, organisation(), _secret_place(tx), {"secret": text}) if text else None
        rows.put_service(tx, _row(good, now, kept_secret))
        journal.write(tx, house.keyring, now, "sign-in-service.changed", object="on" if good.enabled else "off")
    service_asking.forget(house, good.issuer)


def remove(house: House, signed: Signed) -> None:
    """Nobody comes in by it any more; who was linked stays linked, should it come back. Raises `NotFound`."""
    signed.need(Permission.MANAGE_OPERATORS)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        if not rows.remove_service(tx):
            raise NotFound("sign-in service")
        journal.write(tx, house.keyring, house.clock.now(), "sign-in-service.removed")


def try_out(house: House, signed: Signed, service: Service, secret: str | None) -> Found:
    """Ask the service as it is typed, without keeping it. Raises `BadService`, `ServiceAway`, `WrongIssuer`, `NotSuch`."""
    signed.need(Permission.MANAGE_OPERATORS)
    good, back = checked(service), way_back(house)
    with house.store.read(signed.tenant) as db:
        row = rows.service(db)
        known = secret_of(house, db, row) if row is not None and row.issuer == good.issuer else ""
    service_asking.forget(house, good.issuer)
    it = service_asking.described(house, good.issuer)
    taken = service_asking.client_is_known(house, it, good, known if secret is None else secret.strip(), back)
    return Found(answers=True, keys=len(it.keys), knows_pkce=it.knows_pkce, client_known=taken)


def back_address(house: House) -> str:
    """What the administrator registers at the service; empty where we do not know how browsers reach us."""
    return house.address + BACK if house.address else ""


def button(house: House) -> str | None:
    """What the front door's button says: a service's own name where there is one organisation, "" where there are several."""
    tenants, labels = house.store.tenants(), []
    for tenant in tenants:
        with house.store.read(tenant.tenant) as db:
            row = rows.service(db)
        labels += [row.label] if row is not None and row.enabled and house.address else []
    return None if not labels else labels[0] if len(tenants) == 1 else ""


def invited_label(house: House, secret: str) -> str:
    """The name of the service by which this invitation can be used; empty for none."""
    tenant = tenant_of(secret)
    if tenant is None or not house.address:
        return ""
    with house.store.read(tenant) as db:
        row = rows.service(db)
    return row.label if row is not None and row.enabled else ""


def label_for(house: House, signed: Signed) -> str:
    """The name of the service that an account can be linked at; empty for none."""
    with house.store.read(signed.tenant) as db:
        row = rows.service(db)
    return row.label if row is not None and row.enabled and house.address else ""


def live(db: Reader) -> rows.ServiceRow:
    row = rows.service(db)
    if row is None or not row.enabled:
        raise NoService
    return row


def service_of(row: rows.ServiceRow) -> Service:
    roles = {value: Role(role) for value, role in row.roles.items() if role in set(Role)}
    return Service(row.issuer, row.client_id, row.label, row.domain, row.role_claim, roles, row.enabled)


def _row(service: Service, now: datetime, secret: Sealed | None) -> rows.ServiceRow:
    return rows.ServiceRow(
        issuer=service.issuer,
        client_id=service.client_id,
        label=service.label,
        domain=service.domain,
        role_claim=service.role_claim,
        roles={value: role.value for value, role in (service.roles or {}).items()},
        enabled=service.enabled,
        changed_at=now,
        secret=secret,
    )


def way_back(house: House) -> str:
    if not house.address:
        raise NoAddress("we have not been told how browsers reach us", hint="Set SEALGATE_PUBLIC_ADDRESS")
    return house.address + BACK


def secret_of(house: House, db: Reader, row: rows.ServiceRow) -> str:
    return "" if row.secret is None else str(unseal(house, _secret_place(db), row.secret)["secret"])


def _secret_place(db: Reader) -> Place:
    return Place(db.tenant, "signin_services", "secret", "")
