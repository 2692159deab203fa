"""Letters over a real SMTP server: what arrives, what is refused for good, and what is worth another try."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from icalendar import Calendar

from sealgate.ports import Appointment, Letter, Unreachable
from sealgate.post import MailRefused, MailSecurity, MailServer, SmtpPost, calendar_file

NOW = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)


class Clock:
    def now(self) -> datetime:
        return NOW


class Inbox:
    """An SMTP server's handler: keeps letters, refuses `nobody@`, and is too busy for `later@`."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any) -> str:
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        if address.startswith("later@"):
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def server(inbox: Inbox) -> Iterator[MailServer]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield MailServer("127.0.0.1", port, "gate@acme.example", MailSecurity.NONE)
    controller.stop()


VISIT = Appointment(
    "visit-1", "Your visit", "北园 North Campus", NOW, NOW + timedelta(hours=2), "https://gate.acme.example/visit/x"
)
LETTER = Letter(
    "letter-1", "vera@example.org", "2026-11-27 到访 North Campus", "您好\n.\nhttps://gate.acme.example/visit/x\n", VISIT
)


def test_a_letter_arrives_whole_with_its_calendar(server: MailServer, inbox: Inbox) -> None:
    SmtpPost(server, Clock()).send(LETTER)
    (letter,) = inbox.letters
    assert letter["To"] == "vera@example.org"
    assert letter["From"] == "Sealgate <gate@acme.example>"
    assert letter["Subject"] == LETTER.subject
    assert letter["Message-ID"] == "<letter-1@acme.example>"
    body = letter.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == LETTER.text
    (attached,) = letter.iter_attachments()
    assert attached.get_content_type() == "text/calendar"
    calendar = Calendar.from_ical(attached.get_content())
    (event,) = calendar.walk("VEVENT")
    assert event["LOCATION"] == "北园 North Campus"
    assert event.decoded("DTSTART") == NOW


def test_a_cancelled_appointment_takes_the_same_one_out() -> None:
    text = calendar_file(replace(VISIT, cancelled=True), NOW, "CANCEL")
    (event,) = Calendar.from_ical(text).walk("VEVENT")
    assert (event["UID"], event["STATUS"], event["SEQUENCE"]) == ("visit-1", "CANCELLED", 1)


@pytest.mark.parametrize(("to", "permanent"), [("nobody@example.org", True), ("later@example.org", False)])
def test_no_for_good_is_told_from_no_for_now(server: MailServer, to: str, permanent: bool) -> None:
    with pytest.raises(MailRefused) as refused:
        SmtpPost(server, Clock()).send(Letter("letter-2", to, "x", "y"))
    assert refused.value.permanent is permanent


def test_a_server_that_is_away_is_worth_another_try(server: MailServer) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = MailServer("127.0.0.1", int(probe.getsockname()[1]), "gate@acme.example", MailSecurity.NONE, timeout=5)
    with pytest.raises(Unreachable) as away:
        SmtpPost(nobody, Clock()).send(LETTER)
    assert not away.value.permanent


def test_nothing_is_said_in_clear_to_a_server_without_tls(server: MailServer, inbox: Inbox) -> None:
    with pytest.raises(MailRefused) as refused:
        SmtpPost(replace(server, security=MailSecurity.STARTTLS), Clock()).send(LETTER)
    assert refused.value.permanent
    assert inbox.letters == []


@pytest.mark.parametrize("to", ["", "vera", "vera@example.org\r\nBcc: eve@example.org", "a@b, c@d"])
def test_what_is_no_address_is_refused_before_anybody_is_called(server: MailServer, inbox: Inbox, to: str) -> None:
    with pytest.raises(MailRefused) as refused:
        SmtpPost(server, Clock()).send(Letter("letter-3", to, "x", "y"))
    assert refused.value.permanent
    assert inbox.letters == []


def test_a_subject_cannot_add_a_header(server: MailServer, inbox: Inbox) -> None:
    with pytest.raises(MailRefused):
        SmtpPost(server, Clock()).send(Letter("letter-4", "vera@example.org", "x\r\nBcc: eve@example.org", "y"))
    assert inbox.letters == []
