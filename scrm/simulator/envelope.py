"""The sealed letter around a callback: encryption borrowed from the product, framing our own."""

from __future__ import annotations

import secrets
from urllib.parse import urlencode

from scrm.simulator.identity import Identity
from scrm.wecom.callback.crypto import Cipher


def seal(identity: Identity, plaintext: str, *, timestamp: int) -> tuple[str, bytes]:
    """The query string and the XML body WeCom would post for this plaintext."""
    nonce = str(secrets.randbelow(10**10))
    sealed = _cipher(identity).encrypt(plaintext, nonce=nonce, timestamp=str(timestamp))
    query = urlencode({"msg_signature": sealed.signature, "timestamp": timestamp, "nonce": nonce})
    body = (
        f"<xml><ToUserName><![CDATA[{identity.corp_id}]]></ToUserName>"
        f"<AgentID><![CDATA[{identity.agent_id}]]></AgentID>"
        f"<Encrypt><![CDATA[{sealed.encrypt}]]></Encrypt></xml>"
    )
    return query, body.encode()


def verification(identity: Identity, *, timestamp: int) -> tuple[str, str]:
    """The query string of the address check, and the plaintext the answer must equal."""
    nonce, plaintext = str(secrets.randbelow(10**10)), str(secrets.randbelow(10**19))
    sealed = _cipher(identity).encrypt(plaintext, nonce=nonce, timestamp=str(timestamp))
    query = urlencode(
        {
            "msg_signature": sealed.signature,
            "timestamp": timestamp,
            "nonce": nonce,
            "echostr": sealed.encrypt,
        }
    )
    return query, plaintext


def _cipher(identity: Identity) -> Cipher:
    # Imported at the first event: a corp that tells nobody needs nothing of the product.
    from scrm.wecom.callback.crypto import Cipher

    return Cipher(identity.callback_token, identity.aes_key, identity.corp_id)
