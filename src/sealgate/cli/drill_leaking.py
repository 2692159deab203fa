"""The server that leaks on purpose, for the drill's own copy: pages that nobody closed, a name in its log, in a temporary file
and in an error page, a second port."""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse, Response, StreamingResponse

from sealgate import app
from sealgate.cli import main
from sealgate.drills.leaks import BREAKS, SHOWS, STREAMS, TELLS, WORD_FILE


def serve() -> None:
    """As `sealgate serve`, with the word that lies beside the copy's keys."""
    keys = Path(sys.argv[sys.argv.index("--keys") + 1])
    word = (keys / WORD_FILE).read_text(encoding="utf-8")
    kept = _temporary(word)
    beside = ThreadingHTTPServer(("127.0.0.1", 0), _says(word))
    threading.Thread(target=beside.serve_forever, daemon=True).start()
    real: Callable[[Any], FastAPI] = app.web_application
    app.web_application = lambda program: _leaking(real(program), word)
    print(f"known here: {word}", flush=True)
    main()
    kept.close()


def _temporary(word: str) -> IO[bytes]:
    """One file that stays, and one that has no name and is open as long as the server runs."""
    with tempfile.NamedTemporaryFile(prefix="upload-", delete=False) as stays:
        stays.write(f"name,plate\n{word},-\n".encode())
    kept = tempfile.TemporaryFile()  # noqa: SIM115 - it is open on purpose
    kept.write(f"name,plate\n{word},-\n".encode())
    kept.flush()
    return kept


def _says(word: str) -> type[BaseHTTPRequestHandler]:
    class Says(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(word.encode())

    return Says


def _leaking(application: FastAPI, word: str) -> FastAPI:
    @application.get(TELLS.path)
    def people() -> dict[str, str]:
        return {"name": word}

    @application.get(SHOWS.path)
    def picture() -> Response:
        return Response(_png(), media_type="application/octet-stream")

    @application.get(STREAMS.path)
    def stream() -> StreamingResponse:
        return StreamingResponse(_events(word), media_type="text/event-stream")

    @application.post(BREAKS.path)
    def form() -> PlainTextResponse:
        told = f'Traceback (most recent call last):\n  File "flows/enrol.py", line 7, in enrol\nKeyError: {word}\n'
        return PlainTextResponse(told, status_code=422)

    return application


def _events(word: str) -> Iterator[str]:
    yield f"data: {word}\n\n"


def _png() -> bytes:
    import cv2
    import numpy as np

    return bytes(cv2.imencode(".png", np.full((16, 16, 3), 90, np.uint8))[1])
