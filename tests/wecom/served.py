"""A small file server of this machine that knows Range, or does not."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer:
    """Serves one content at every address; `ranges` holds what was asked for."""

    def __init__(self, content, *, knows_range=True):
        self.ranges = ranges = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                wanted = self.headers.get("Range", "")
                ranges.append(wanted)
                if not (knows_range and wanted):
                    self._answer(200, content)
                    return
                first, last = wanted.removeprefix("bytes=").split("-")
                part = content[int(first) : int(last) + 1]
                told = f"bytes {first}-{int(first) + len(part) - 1}/{len(content)}"
                self._answer(206, part, told)

            def _answer(self, status, part, told=""):
                self.send_response(status)
                self.send_header("Content-Length", str(len(part)))
                if told:
                    self.send_header("Content-Range", told)
                self.end_headers()
                self.wfile.write(part)

            def log_message(self, *_args):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/茶山.mp4"
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
