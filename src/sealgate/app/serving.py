"""What a running program serves, and the socket that it listens on."""

from __future__ import annotations

import socket

from fastapi import FastAPI

from sealgate.api import described, ingest, notices, reading, scim
from sealgate.api import edges as edge_api
from sealgate.api import visits as visits_api
from sealgate.app.errors import OpenToAll, PortTaken
from sealgate.app.program import Program
from sealgate.edge.link import Link
from sealgate.flows.edge_ways import AtBox
from sealgate.settings import Settings
from sealgate.web import console, lane, unsealing
from sealgate.web.start import languages


def bound_socket(settings: Settings) -> socket.socket:
    """The listening socket, taken before anything is printed. Raises `OpenToAll`, `PortTaken`."""
    if settings.is_open:
        trusts = ": a proxy that may be anybody is none" if settings.trusts_anybody else ""
        raise OpenToAll(
            f"refusing to listen on {settings.host} without TLS{trusts}",
            hint="Set tls_certificate and tls_key, or name the address of the proxy that ends TLS in trusted_proxy",
        )
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
    house, settings = program.house, program.settings
    application = console.build(house, patience=settings.request_timeout, hosts=settings.names)
    edges = edge_api.routes(house, program.releases)
    entrances = (
        ingest.routes(house),
        notices.routes(house),
        visits_api.routes(house),
        reading.routes(house),
        scim.routes(house),
        edges,
    )
    for entrance in (*entrances, described.routes((*entrances, unsealing.router))):
        # A little more than an edge may say, so that its own entrance answers what is too much.
        console.join(application, entrance, most=edge_api.MOST_BYTES + (64 << 10) if entrance is edges else 0)
    return application


def edge_application(program: Program, link: Link) -> FastAPI:
    """What stands at an edge's lanes speaks to this: readers, and the lanes' screens. There is no console beside them."""
    settings = program.settings
    application = console.build(program.house, routers=(), patience=settings.request_timeout, hosts=settings.names)
    application.state.box = AtBox(link.centre, lambda: link.away)
    for entrance in (ingest.routes(program.house, lambda: link.away), lane.router, languages()):
        console.join(application, entrance)
    return application
