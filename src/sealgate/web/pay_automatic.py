"""Automatic payment on the driver's page: register the car whose stay is shown, see the agreement, withdraw it.

The surprising thing: the agreement's page says nothing of stays. Whoever holds its address may stop it, and learns from it only
the plate that was registered.
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sealgate.domain.money import BadAmount, Money, parse
from sealgate.flows import agreeing, driving
from sealgate.flows.agreeing import AgreementView, WrongMost
from sealgate.flows.kit import House
from sealgate.ports import PayAddress, Started
from sealgate.web import pay
from sealgate.web.pay import AtLot, Typed
from sealgate.web.sessions import opened

router = APIRouter(prefix="/pay", route_class=pay.Toldly)


@router.post("/{lot}/stay/{held}/automatic")
@opened
def register(request: Request, here: AtLot, held: str, provider: Typed = "", most: Typed = "") -> Response:
    """From now on the car of this stay pays by itself: go and sign."""
    house: House = request.app.state.house
    stay, view = driving.passed(house, here, held)
    started, back = agreeing.register(house, here, stay, view.shows, provider, typed_most(house, here, most))
    return _go(request, here, started, back)


@router.post("/{lot}/stay/{held}/automatic/stop")
@opened
def stop_by_stay(request: Request, here: AtLot, held: str) -> Response:
    """Whoever has shown the stay's details may stop what charges its car."""
    house: House = request.app.state.house
    stay, view = driving.passed(house, here, held)
    found = agreeing.of_stay(house, here, stay) if view.details is not None else None
    if found is not None:
        agreeing.stop(house, here, found.agreement)
    return RedirectResponse(driving.stay_path(here.secret, held), 303)


@router.get("/{lot}/automatic/{held}")
@opened
def show(request: Request, here: AtLot, held: str) -> Response:
    return pay.shown(request, here, "pay_automatic.html", view=agreeing.shown(request.app.state.house, here, held), held=held)


@router.post("/{lot}/automatic/{held}/sign")
@opened
def sign(request: Request, here: AtLot, held: str) -> Response:
    """By the link that an operator sent."""
    house: House = request.app.state.house
    started, back = agreeing.sign(house, here, _view(house, here, held).agreement)
    return _go(request, here, started, back)


@router.post("/{lot}/automatic/{held}/stop")
@opened
def stop(request: Request, here: AtLot, held: str) -> Response:
    house: House = request.app.state.house
    found = _view(house, here, held)
    agreeing.stop(house, here, found.agreement)
    return RedirectResponse(found.path, 303)


def typed_most(house: House, here: driving.Spot, text: str) -> Money:
    """Raises `WrongMost`, and `NotInForce` where the lot asks for no money."""
    try:
        return parse(text.strip(), agreeing.currency_of(house, here.tenant, here.lot.lot))
    except BadAmount as error:
        raise WrongMost("not a sum of money", field="most") from error


def _view(house: House, here: driving.Spot, held: str) -> AgreementView:
    return agreeing.shown(house, here, held)


def _go(request: Request, here: driving.Spot, started: Started, back: str) -> Response:
    if isinstance(started.way, PayAddress) and started.way.address.startswith("/"):
        return RedirectResponse(started.way.address, 303)
    if isinstance(started.way, PayAddress):
        return pay.elsewhere(request, here, started.way.address, back, signs=True)
    raise pay.OtherBrowser
