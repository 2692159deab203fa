"""What a running program serves, and the socket that it listens on."""

from __future__ import annotations

import socket

from fastapi import FastAPI

from sealgate.api import edges as edge_api
from sealgate.api import ingest, notices
from sealgate.api import visits as visits_api
from sealgate.app.errors import PortTaken
from sealgate.app.program import Program
from sealgate.edge.link import Link
from sealgate.settings import Settings
from sealgate.web import console


def bound_socket(settings: Settings) -> socket.socket:
    """The listening socket, taken before anything is printed. Raises `PortTaken`."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((settings.host, settings.port))
    except OSError as error:
        sock.close()
        raise PortTaken(f"{settings.host}:{settings.port}: {error.strerror}", hint="Choose another --port") from error
    return sock


def web_application(program: Program) -> FastAPI:
    """The console with the machines' entrances beside it."""
    application = console.build(program.house)
    application.include_router(ingest.routes(program.house))
    application.include_router(notices.routes(program.house))
    application.include_router(visits_api.routes(program.house))
    application.include_router(edge_api.routes(program.house, program.releases))
    return application


def edge_application(program: Program, link: Link) -> FastAPI:
    """What readers at an edge's lanes speak to: their entrance alone, with no console beside it."""
    application = console.build(program.house, routers=())
    application.include_router(ingest.routes(program.house, lambda: link.away))
    return application
