"""A client of the simulated corp without a port: what it sends is what HTTP would carry."""

from __future__ import annotations

import json

from scrm.simulator.adapter import Adapter


class Client:
    """Calls the API in process; `token` "" until asked for."""

    def __init__(self, corp):
        self.corp = corp
        self.adapter = Adapter(corp)
        self.token = ""

    def log_in(self):
        identity = self.corp.identity
        answer = self.get("gettoken", corpid=identity.corp_id, corpsecret=identity.secret)
        self.token = answer["access_token"]
        return self

    def get(self, path, **query):
        return self.request("GET", path, query)

    def post(self, path, body=None, **query):
        content = json.dumps({} if body is None else body, ensure_ascii=False).encode()
        return self.request("POST", path, query, content)

    def upload(self, path, content, *, field="media", filename="a.png", **query):
        return self.request("POST", path, query, files={field: (filename, content)})

    def request(self, method, path, query=None, body=b"", files=None):
        texts = {name: str(value) for name, value in (query or {}).items()}
        if self.token:
            texts.setdefault("access_token", self.token)
        status, _headers, content = self.adapter.handle(
            method, f"/cgi-bin/{path}", texts, body, files
        )
        assert status == 200, status
        return json.loads(content)
