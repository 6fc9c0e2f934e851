"""A server that behaves badly on purpose, in ways the simulator cannot."""

from __future__ import annotations

import json
import socket
import struct
import threading

_RESET = struct.pack("ii", 1, 0)
_TOKEN = {"errcode": 0, "errmsg": "ok", "access_token": "t" * 60, "expires_in": 7200}


def answer(body, *, status="200 OK", headers=""):
    """A whole HTTP answer as bytes."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(raw)}\r\nConnection: close\r\n{headers}\r\n"
    return head.encode() + raw


class RudeServer:
    """Answers gettoken properly and hands every other connection to `behave(server, socket)`.

    `behave` may wait on `server.stopped`. `requests` holds the request lines seen.
    """

    def __init__(self, behave):
        self._behave = behave
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.api = f"http://127.0.0.1:{self._listener.getsockname()[1]}/cgi-bin/"
        self.requests = []
        self.bodies = []
        self.stopped = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def stop(self):
        if self.stopped.is_set():
            return
        self.stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits on it
        self._listener.close()
        self._thread.join(5)

    def _accept(self):
        while not self.stopped.is_set():
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            try:
                line, body = _read_request(connection)
                self.requests.append(line)
                self.bodies.append(body)
                if "/gettoken" in line:
                    connection.sendall(answer(_TOKEN))
                else:
                    self._behave(self, connection)
            except OSError:
                pass  # the other side went away, which is the point


def reset(_server, connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def close(_server, _connection):
    pass


def stall(server, _connection):
    server.stopped.wait(30)


def drip_body(server, connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not server.stopped.wait(0.05):
        connection.sendall(b" ")


def drip_head(server, connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not server.stopped.wait(0.05):
        connection.sendall(b"X-More: 1\r\n")


def cut_short(_server, connection):
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"errcode": 0')


def say(body, **options):
    def behave(_server, connection):
        connection.sendall(answer(body, **options))

    return behave


def _read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            raise OSError("no request")
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        body += connection.recv(65536)
    return head.split(b"\r\n")[0].decode(), body
