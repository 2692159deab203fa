"""The simulated provider's agreements: signed on its page, charged, refused, delayed and cancelled as one presses there.

The surprising thing: how charges go is chosen by the driver beforehand, on the agreement's page, for nobody is there to press
anything when a car stands at an exit.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from threading import RLock

from sealgate.domain.agreements import Agreement, AgreementTold, Consent, reference_of
from sealgate.domain.billing import Told
from sealgate.domain.money import Money
from sealgate.ports import (
    Charged,
    Clock,
    Order,
    PayAddress,
    ProviderRefused,
    Signing,
    Started,
    TooLateToStart,
    Unreachable,
)


class Sign(StrEnum):
    """What the agreement's page can do. The last four say how charges go from then on."""

    SIGN = "sign"
    REFUSE = "refuse-to-sign"
    FORGET = "sign-and-forget"
    CANCEL = "cancel"
    CHARGE = "let-charges-pass"
    DECLINE = "decline-charges"
    DELAY = "delay-charges"
    SILENCE = "answer-no-charges"


TO_SIGN = (Sign.SIGN, Sign.REFUSE, Sign.FORGET)
HOW = (Sign.CHARGE, Sign.DECLINE, Sign.DELAY, Sign.SILENCE)


@dataclass(slots=True)
class Paper:
    """One agreement here."""

    handle: str
    signing: Signing
    consent: Consent = Consent.WAITING
    number: str = ""
    how: Sign = Sign.CHARGE


@dataclass(frozen=True, slots=True)
class SignPage:
    """What the page at the signing address shows; `acts` are its buttons."""

    handle: str
    subject: str
    money: Money
    consent: Consent
    return_address: str
    expires_at: datetime
    acts: tuple[Sign, ...]


class Papers:
    """`Agreements` in memory, under the lock of the provider whose they are.

    `sell(order, how)` makes the sale of a charge there and answers its handle and what is told of it; `tell` writes a
    notice about an agreement to an address.
    """

    def __init__(
        self,
        clock: Clock,
        merchant: str,
        pages: str,
        lock: RLock,
        sell: Callable[[Order, Sign], tuple[str, Told]],
        tell: Callable[[str, AgreementTold], None],
    ) -> None:
        self._clock, self._merchant, self._pages, self._lock = clock, merchant, pages, lock
        self._sell, self._tell = sell, tell
        self._papers: dict[str, Paper] = {}
        self._by_handle: dict[str, Paper] = {}

    def sign(self, signing: Signing) -> Started:
        with self._lock:
            paper = self._papers.get(signing.agreement.hex)
            if paper is None:
                if signing.expires_at <= self._clock.now():
                    raise TooLateToStart
                paper = self._papers[signing.agreement.hex] = Paper(secrets.token_hex(16), signing)
                self._by_handle[paper.handle] = paper
            return Started(PayAddress(f"{self._pages}/{paper.handle}"), paper.handle)

    def paper(self, handle: str) -> Paper | None:
        return self._by_handle.get(handle)

    def page(self, paper: Paper) -> SignPage:
        signing, acts = paper.signing, self.acts(paper)
        return SignPage(
            paper.handle, signing.subject, signing.most, paper.consent, signing.return_address, signing.expires_at, acts
        )

    def acts(self, paper: Paper) -> tuple[Sign, ...]:
        if paper.consent is Consent.WAITING:
            return TO_SIGN if self._clock.now() < paper.signing.expires_at else ()
        return (*(how for how in HOW if how is not paper.how), Sign.CANCEL) if paper.consent is Consent.SIGNED else ()

    def act(self, paper: Paper, act: Sign) -> None:
        """Only what `acts` offers. Raises `ProviderRefused`."""
        if act not in self.acts(paper):
            raise ProviderRefused("NOT_POSSIBLE")
        if act in HOW:
            paper.how = act
        elif act in (Sign.SIGN, Sign.FORGET):
            paper.consent, paper.number = Consent.SIGNED, f"agr-{secrets.token_hex(8)}"
        else:
            paper.consent = Consent.WITHDRAWN if act is Sign.CANCEL else Consent.REFUSED
        if act in (Sign.SIGN, Sign.REFUSE, Sign.CANCEL):
            self._tell(paper.signing.notify_address, self._told(paper))

    def ask(self, agreement: Agreement) -> AgreementTold:
        with self._lock:
            paper = self._papers.get(agreement.id.hex)
            return self._unknown(agreement) if paper is None else self._told(paper)

    def cancel(self, agreement: Agreement) -> AgreementTold:
        with self._lock:
            paper = self._papers.get(agreement.id.hex)
            if paper is None:
                return self._unknown(agreement)
            paper.consent = Consent.REFUSED if paper.consent is Consent.REFUSED else Consent.WITHDRAWN
            return self._told(paper)

    def charge(self, agreement: Agreement, order: Order) -> Charged:
        with self._lock:
            paper = self._papers.get(agreement.id.hex)
            if paper is None or paper.consent is not Consent.SIGNED or paper.number != agreement.number:
                raise ProviderRefused("NO_AGREEMENT")
            if order.money.minor > paper.signing.most.minor or order.money.currency != paper.signing.most.currency:
                raise ProviderRefused("ABOVE_THE_AGREED")
            if paper.how is Sign.SILENCE:
                raise Unreachable("the provider does not answer, as it was told to")
            handle, told = self._sell(order, paper.how)
            return Charged(told, handle)

    def _told(self, paper: Paper) -> AgreementTold:
        return AgreementTold(paper.signing.agreement.hex, self._merchant, paper.consent, self._clock.now(), paper.number)

    def _unknown(self, agreement: Agreement) -> AgreementTold:
        return AgreementTold(reference_of(agreement.id), self._merchant, Consent.UNKNOWN, self._clock.now())
