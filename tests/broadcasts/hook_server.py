"""A real HTTP server that remembers what webhooks it heard and answers as it is told."""

from __future__ import annotations

import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class HookServer:
    """`heard` are (path, headers, body); `answers` are consumed in order, then `status` holds."""

    def __init__(self) -> None:
        self.heard = []
        self.status, self.text, self.location = 200, "ok", ""
        self.drips = threading.Event()
        self.is_slow = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.heard.append((self.path, dict(self.headers), body))
                if outer.is_slow:
                    # Headers that drip for ever, until the test is over.
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                    while not outer.drips.wait(0.05):
                        self.wfile.write(b"X-Drip: 1\r\n")
                    return
                self.send_response(outer.status)
                if outer.location:
                    self.send_header("Location", outer.location)
                self.end_headers()
                self.wfile.write(outer.text.encode())

            def log_message(self, *_words):
                pass

            def handle(self):
                with suppress(OSError):  # we hung up
                    super().handle()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook?from=scrm"

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        self.drips.set()
        self._server.shutdown()
        self._server.server_close()
