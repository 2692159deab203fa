"""Letters by SMTP: the standard library's client, with a calendar file for whatever takes place at a time.

A letter is given to one server, over TLS unless that server is this very machine, and every call ends at the latest after
its time-out. What a server says for good (a 5xx) is told apart from what may go away (a 4xx, a broken line).
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from enum import StrEnum

from icalendar import Calendar, Event, vText

from sealgate.ports import Appointment, Clock, Letter, Unreachable

TIMEOUT = 20.0


class MailSecurity(StrEnum):
    """`STARTTLS` begins in clear and turns to TLS before anything is said; `NONE` is for a server on this machine."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class MailRefused(Unreachable):
    """The server took the connection and did not take the letter."""

    code = "post.refused"


@dataclass(frozen=True, slots=True)
class MailServer:
    """`sender` is the address that letters come from; `user` empty signs in nowhere."""

    host: str
    port: int
    sender: str
    security: MailSecurity = MailSecurity.STARTTLS
    user: str = ""
    password: str = ""
    timeout: float = TIMEOUT


class SmtpPost:
    """A `ports.Post`. Any thread may call: each letter has a connection of its own."""

    def __init__(self, server: MailServer, clock: Clock) -> None:
        self._server, self._clock = server, clock

    def send(self, letter: Letter) -> None:
        message = written(letter, self._server.sender, self._clock.now())
        try:
            with self._connected() as line:
                line.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise MailRefused(f"the server refused: {codes[0]}", permanent=codes[0] >= 500) from error
        except smtplib.SMTPResponseException as error:
            raise MailRefused(f"the server refused: {error.smtp_code}", permanent=500 <= error.smtp_code < 600) from error
        except smtplib.SMTPNotSupportedError as error:
            raise MailRefused("the server lacks something that we need", permanent=True) from error
        except (smtplib.SMTPException, OSError) as error:
            raise Unreachable(f"mail server: {type(error).__name__}") from error

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        if server.security is MailSecurity.TLS:
            line: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=server.timeout, context=ssl.create_default_context()
            )
        else:
            line = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
        try:
            if server.security is MailSecurity.STARTTLS:
                line.starttls(context=ssl.create_default_context())
            if server.user:
                line.login(server.user, server.password)
        except BaseException:
            line.close()
            raise
        return line


def written(letter: Letter, sender: str, now: datetime) -> EmailMessage:
    """The letter as it goes over the line. Raises `MailRefused` for an address that is none."""
    message = EmailMessage()
    try:
        message["From"] = Address("Sealgate", addr_spec=sender)
        message["To"] = Address(addr_spec=letter.to)
        message["Subject"] = letter.subject
    except (ValueError, IndexError) as error:
        raise MailRefused("not an address that can be written to", permanent=True) from error
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{letter.name}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    if letter.appointment is not None:
        method = "CANCEL" if letter.appointment.cancelled else "PUBLISH"
        text = calendar_file(letter.appointment, now, method).decode()
        message.add_attachment(text, subtype="calendar", charset="utf-8", filename="visit.ics", params={"method": method})
    return message


def calendar_file(appointment: Appointment, now: datetime, method: str = "PUBLISH") -> bytes:
    """iCalendar (RFC 5545), all times in UTC."""
    event = Event()
    event.add("uid", appointment.name)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", appointment.since.astimezone(UTC))
    event.add("dtend", appointment.until.astimezone(UTC))
    event.add("summary", appointment.title)
    event["location"] = vText(appointment.place)
    if appointment.address:
        event.add("url", appointment.address)
    if appointment.cancelled:
        event.add("status", "CANCELLED")
        event.add("sequence", 1)
    calendar = Calendar()
    calendar.add("prodid", "-//Sealgate//visits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    return bytes(calendar.to_ical())
