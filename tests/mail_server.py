"""A mail server in a thread that takes mail, refuses it, or goes silent once it has it."""

from __future__ import annotations

import socketserver
import threading
from contextlib import contextmanager


class _Session(socketserver.StreamRequestHandler):
    def handle(self):
        self._say("220 here")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"QUIT":
                self._say("221 bye")
                return
            if verb == b"RCPT" and (code := self._refusal(line)):
                self._say(f"{code} no")
            elif verb == b"DATA":
                self._say("354 go on")
                self._take()
                if self.server.mode == "hang_up":
                    return
                self._say("250 taken")
            else:
                self._say("250 fine")

    def _refusal(self, line):
        address = line.partition(b"<")[2].partition(b">")[0].decode()
        mode = self.server.refused.get(address, self.server.mode)
        if not mode.isdigit():
            self.server.receivers.append(address)
        return mode if mode.isdigit() else ""

    def _take(self):
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        self.server.taken.append(b"".join(lines))

    def _say(self, words):
        self.wfile.write(f"{words}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    """`mode`: "take", "hang_up" after the mail, or the code that receivers are refused with;
    `refused` has the code of single ones. Who was taken is on `receivers`.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Session)
        self.mode, self.taken = "take", []
        self.refused, self.receivers = {}, []

    @property
    def port(self):
        return self.server_address[1]


@contextmanager
def mail_server(settings):
    """Running, and the product pointed at it."""
    server = MailServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_USE_SSL = settings.EMAIL_USE_TLS = False
    settings.EMAIL_HOST_USER = ""
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
