"""A product's callback address, for events over real HTTP."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from defusedxml.ElementTree import fromstring

from scrm.wecom.callback.crypto import Cipher


class Receiver:
    """Remembers plaintexts and when they came; may `refuse` the next few (503), or stay `silent`
    about them until `stop`.
    """

    def __init__(self, identity):
        self.identity = identity
        self.plaintexts = []
        self.arrived = []
        self.refuse = self.silent = 0
        self.released = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self._answer(receiver.open(self.path, None).encode())

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.refuse:
                    receiver.refuse -= 1
                    self.send_error(503)
                    return
                plaintext = receiver.open(self.path, body)
                receiver.plaintexts.append(plaintext)
                receiver.arrived.append(time.monotonic())
                if receiver.silent:
                    receiver.silent -= 1
                    receiver.released.wait(10)
                self._answer(b"success")

            def _answer(self, content):
                with suppress(OSError):  # nobody waits any more
                    self.send_response(200)
                    self.end_headers()
                    self.wfile.write(content)

            def log_message(self, *_args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/wecom/callback/"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def open(self, path, body):
        query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        encrypted = query["echostr"] if body is None else fromstring(body).findtext("Encrypt")
        identity = self.identity
        cipher = Cipher(identity.callback_token, identity.aes_key, identity.corp_id)
        return cipher.decrypt(
            encrypted,
            signature=query["msg_signature"],
            nonce=query["nonce"],
            timestamp=query["timestamp"],
        )

    def fields(self):
        """The fields of each event, in the order they came."""
        return [
            {element.tag: element.text for element in fromstring(plaintext)}
            for plaintext in self.plaintexts
        ]

    def stop(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
