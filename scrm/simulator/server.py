"""The corp on a port of this machine: WeCom's API, and the control API beside it."""

from __future__ import annotations

import logging
import socket
import struct
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from email.parser import BytesParser
from email.policy import HTTP
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from scrm.simulator.adapter import Adapter, ConnectionReset
from scrm.simulator.control import Control
from scrm.simulator.corp import Corp

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
_MOST_BYTES = 64 * 1024 * 1024
# Closing with this option makes the kernel send a reset instead of a farewell.
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Server:
    """Serves one corp from a background thread, on this machine alone unless `host` says else;
    port 0 picks a free one.
    """

    def __init__(self, corp: Corp, port: int = 0, host: str = HOST) -> None:
        self.corp = corp
        self._http = _Http((host, port), _Handler)
        self._http.adapter = Adapter(corp)
        self._http.control = Control(corp)
        self._thread: threading.Thread | None = None

    @property
    def control(self) -> Control:
        return self._http.control

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        """The root address, without a slash at its end."""
        return f"http://{HOST}:{self.port}"

    @property
    def open_connections(self) -> int:
        """How many callers are connected, those whose call is under way among them."""
        return self._http.open_connections

    def start(self) -> Self:
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening, cut open connections, end the threads."""
        self._http.shutdown()
        self._http.cut_connections()
        self._http.server_close()
        if self._thread is not None:
            self._thread.join()
        self.control.close()
        self.corp.callbacks.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128
    adapter: Adapter
    control: Control

    def __init__(self, *args: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*args)

    @property
    def open_connections(self) -> int:
        return len(self._open)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def cut_connections(self) -> None:
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is nothing to tell."""


class _Handler(BaseHTTPRequestHandler):
    server: _Http
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024  # header and body leave in one packet
    timeout = 120

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet: `/sim/calls` tells more."""

    def _serve(self) -> None:
        body = self._body()
        if body is None:
            self._send(413, {"Content-Type": "text/plain"}, [b"too large"])
            return
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query, keep_blank_values=True))
        try:
            if address.path in ("/", "/sim") or address.path.startswith("/sim/"):
                status, headers, chunks = self.server.control.handle(
                    self.command, address.path, query, body
                )
                self._send(status, headers, chunks)
            else:
                files = _form_files(self.headers.get("Content-Type", ""), body)
                status, headers, content = self.server.adapter.handle(
                    self.command,
                    address.path,
                    query,
                    body,
                    files,
                    self.headers.get("Range", ""),
                )
                self._send(status, headers, [content])
        except ConnectionReset:
            self._reset()
        except OSError:  # the client went away
            self.close_connection = True
        except Exception:
            logger.exception("no answer to %s %s", self.command, address.path)
            self._send(500, {"Content-Type": "text/plain"}, [b"error in the simulator"])

    def _body(self) -> bytes | None:
        """The request's body; None when it is too large to read."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunked_body()
        length = int(self.headers.get("Content-Length") or 0)
        if length > _MOST_BYTES:
            self.close_connection = True
            return None
        return self.rfile.read(length)

    def _chunked_body(self) -> bytes:
        body = bytearray()
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return bytes(body)

    def _send(self, status: int, headers: dict[str, str], chunks: Iterable[bytes]) -> None:
        """One chunk goes with its length, a stream in chunks."""
        self.send_response_only(status, _phrase(status))
        # This machine's time, not the world's: by it clients check their own clock.
        skew = self.server.adapter.corp.settings.date_skew_seconds
        self.send_header("Date", self.date_time_string(time.time() + skew))
        for name, value in headers.items():
            self.send_header(name, value)
        if isinstance(chunks, list):
            self.send_header("Content-Length", str(sum(map(len, chunks))))
            self.end_headers()
            self.wfile.writelines(chunks)
        else:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for chunk in chunks:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        with suppress(OSError):
            # A duplicate kept by the file objects would hold the connection open.
            self.rfile.close()
            self.connection.close()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _form_files(content_type: str, body: bytes) -> dict[str, tuple[str, bytes]]:
    """The files of a multipart form: field → (file name, content)."""
    if not content_type.lower().startswith("multipart/form-data"):
        return {}
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    files: dict[str, tuple[str, bytes]] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes) and part.get_filename():
            files[name] = (str(part.get_filename()), content)
    return files
