"""Callbacks as WeCom would post them."""

from __future__ import annotations

import time
from itertools import count
from urllib.parse import urlencode

from scrm.wecom.callback.crypto import Cipher

ADDRESS = "/wecom/callback/"
_numbers = count(1)


def event(name, change="", **fields):
    """The plain text of an event; a field without value is left out."""
    values = {
        "ToUserName": "wwsimulator000001",
        "CreateTime": 1791770400,
        "MsgType": "event",
        "Event": name,
        "ChangeType": change,
        "Number": next(_numbers),
        **fields,
    }
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in values.items() if value != "")
    return f"<xml>{inner}</xml>"


def sealed(settings, text, *, timestamp=None, **other):
    """Query and body for `text`; `token`, `aes_key`, `receive_id` replace the corp's own."""
    cipher = Cipher(
        other.get("token", settings.WECOM_CALLBACK_TOKEN),
        other.get("aes_key", settings.WECOM_ENCODING_AES_KEY),
        other.get("receive_id", settings.WECOM_CORP_ID),
    )
    stamp = str(int(time.time()) if timestamp is None else timestamp)
    letter = cipher.encrypt(text, nonce="12345", timestamp=stamp)
    query = {"msg_signature": letter.signature, "timestamp": stamp, "nonce": "12345"}
    return query, envelope(letter.encrypt)


def envelope(encrypt):
    return f"<xml><ToUserName>x</ToUserName><Encrypt>{encrypt}</Encrypt></xml>".encode()


def post(client, query, body):
    address = f"{ADDRESS}?{urlencode(query)}"
    return client.post(address, body, content_type="text/xml")


def deliver(client, settings, text, **options):
    return post(client, *sealed(settings, text, **options))
