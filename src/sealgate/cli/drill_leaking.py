"""The server that leaks on purpose, for the drill's own copy: a page that nobody closed, a name in its log, a second port."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from sealgate import app
from sealgate.cli import main
from sealgate.drills.leaks import OPEN_ADDRESS, WORD_FILE


def serve() -> None:
    """As `sealgate serve`, with the word that lies beside the copy's keys."""
    keys = Path(sys.argv[sys.argv.index("--keys") + 1])
    word = (keys / WORD_FILE).read_text(encoding="utf-8")
    real: Callable[[Any], Any] = app.web_application

    def leaking(program: Any) -> Any:
        application = real(program)

        @application.get(OPEN_ADDRESS.path)  # type: ignore[untyped-decorator]
        def people() -> dict[str, str]:
            return {"name": word}

        return application

    class Says(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(word.encode())

    beside = HTTPServer(("127.0.0.1", 0), Says)
    threading.Thread(target=beside.serve_forever, daemon=True).start()
    app.web_application = leaking
    print(f"known here: {word}", flush=True)
    main()
