"""What can be wrong with a data folder, a name or a port."""

from __future__ import annotations

from sealgate.domain.errors import Fault, Refused


class NotFounded(Refused):
    """There is no organisation in this data folder yet."""

    code = "app.not-initialised"


class NoSuchGate(Refused):
    code = "app.no-such-gate"
    status = 404


class NoSuchSite(Refused):
    code = "app.no-such-site"
    status = 404


class AlreadyFounded(Refused):
    code = "app.already-initialised"


class CannotWrite(Fault):
    code = "app.cannot-write"


class OpenToAll(Fault):
    """It would listen where others reach it, without TLS."""

    code = "app.listening-without-tls"


class BadCertificate(Fault):
    """The certificate or its key cannot be used."""

    code = "app.bad-certificate"


class PortTaken(Fault):
    code = "app.port-taken"
