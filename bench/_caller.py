"""A process of its own that calls a callback address; started by bench.callbacks.

Requests are sealed before the clock starts. Prints one line of JSON: `accepted`, `refused`,
`seconds`, and the latencies in milliseconds when a rate was asked for.
"""

from __future__ import annotations

import argparse
import json
import selectors
import socket
import time
from collections import deque
from dataclasses import dataclass
from urllib.parse import urlencode

from scrm.wecom.callback.crypto import Cipher

_PATH = "/wecom/callback/"


@dataclass
class Line:
    """One kept-alive connection; `since` is when its request was due, None while it is idle."""

    socket: socket.socket
    since: float | None = None
    heard: bytes = b""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--number", type=int, required=True)
    parser.add_argument("--lines", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--rate", type=float, default=0.0, help="0: as fast as answers come")
    parser.add_argument("--edits", type=int, default=0, help="every so-many-th edits a customer")
    parser.add_argument("--corp", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--key", required=True)
    asked = parser.parse_args()
    cipher = Cipher(asked.token, asked.key, asked.corp)
    letters = deque(
        _request(cipher, number, edits=asked.edits)
        for number in range(asked.first, asked.first + asked.number)
    )
    lines = [
        Line(socket.create_connection(("127.0.0.1", asked.port))) for _each in range(asked.lines)
    ]
    print(json.dumps(_call(lines, letters, seconds=asked.seconds, rate=asked.rate)))


def _request(cipher: Cipher, number: int, *, edits: int) -> bytes:
    stamp = str(int(time.time()))
    who = f"wm{number % 1000}" if edits and number % edits == 0 else ""
    about = (
        f"<Event>change_external_contact</Event><ChangeType>edit_external_contact</ChangeType>"
        f"<UserID>staff</UserID><ExternalUserID>{who}</ExternalUserID>"
        if who
        else f"<Event>bench</Event><ChatId>wr{number % 5000}</ChatId>"
    )
    text = (
        f"<xml><ToUserName>ww</ToUserName><FromUserName>sys</FromUserName><CreateTime>{stamp}"
        f"</CreateTime><MsgType>event</MsgType>{about}<Number>{number}</Number></xml>"
    )
    letter = cipher.encrypt(text, nonce=str(number), timestamp=stamp)
    query = {"msg_signature": letter.signature, "timestamp": stamp, "nonce": str(number)}
    body = f"<xml><ToUserName>ww</ToUserName><Encrypt>{letter.encrypt}</Encrypt></xml>".encode()
    head = (
        f"POST {_PATH}?{urlencode(query)} HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _call(
    lines: list[Line], letters: deque[bytes], *, seconds: float, rate: float
) -> dict[str, object]:
    ready = selectors.DefaultSelector()
    for line in lines:
        ready.register(line.socket, selectors.EVENT_READ, line)
    idle, answers, latencies = deque(lines), [], list[float]()
    began = time.perf_counter()
    sent = 0
    while (letters and time.perf_counter() - began < seconds) or len(idle) < len(lines):
        now = time.perf_counter()
        while (
            letters and idle and now - began < seconds and (not rate or sent / rate <= now - began)
        ):
            line = idle.popleft()
            line.since = began + sent / rate if rate else now
            line.socket.sendall(letters.popleft())
            sent += 1
        for key, _events in ready.select(timeout=0.0005 if rate else 1.0):
            line = key.data
            more = line.socket.recv(65536)
            if not more:
                raise ConnectionError("the server closed a line that was kept alive")
            line.heard += more
            if _is_whole(line.heard):
                answers.append(line.heard[9:12])
                latencies.append(time.perf_counter() - (line.since or 0.0))
                line.heard, line.since = b"", None
                idle.append(line)
    took = time.perf_counter() - began
    accepted = sum(answer == b"200" for answer in answers)
    return {
        "accepted": accepted,
        "refused": len(answers) - accepted,
        "seconds": took,
        "latencies": [round(latency * 1000, 3) for latency in latencies] if rate else [],
    }


def _is_whole(heard: bytes) -> bool:
    head, found, body = heard.partition(b"\r\n\r\n")
    if not found:
        return False
    for name in head.lower().split(b"\r\n"):
        if name.startswith(b"content-length:"):
            return len(body) >= int(name.partition(b":")[2])
    raise ConnectionError("an answer without a length")


if __name__ == "__main__":
    main()
