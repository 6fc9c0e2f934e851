"""The control API of a running simulator over HTTP."""

from __future__ import annotations

import http.client
import json


class Door:
    """Speaks to one port on one connection."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def ask(self, method, path, body=None):
        """Status, and the answer: JSON as values, anything else as text."""
        status, kind, content = self.fetch(method, path, body)
        return status, json.loads(content) if kind.startswith(
            "application/json"
        ) else content.decode()

    def fetch(self, method, path, body=None):
        """Status, content type and bytes."""
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        self.connection.request(method, path, content)
        answer = self.connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read()
