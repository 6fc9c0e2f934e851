"""Access tokens and callback addresses (gettoken, getcallbackip)."""

from __future__ import annotations

from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.registry import Answer, get
from scrm.simulator.errors import ApiError


@get("gettoken", open=True)
def gettoken(corp: Corp, ask: Ask) -> Answer:
    """A token; the same one again while it lives."""
    if not ask.has("corpid"):
        raise ApiError(41002)
    if not ask.has("corpsecret"):
        raise ApiError(41004)
    if ask.text("corpid") != corp.identity.corp_id:
        raise ApiError(40013)
    if ask.text("corpsecret") != corp.identity.secret:
        raise ApiError(40001)
    now = corp.clock.steady()
    for token in corp.tokens.values():
        if not token.revoked and token.expires_steady > now + 1:
            return {"access_token": token.value, "expires_in": round(token.expires_steady - now)}
    value = corp.new_id("", 214)
    lifetime = corp.settings.token_seconds
    corp.record("token", value=value, expires_steady=now + lifetime)
    return {"access_token": value, "expires_in": lifetime}


@get("getcallbackip")
def getcallbackip(_corp: Corp, _ask: Ask) -> Answer:
    """The addresses callbacks come from."""
    return {"ip_list": ["127.0.0.1"]}


def check(corp: Corp, token: str) -> None:
    """Raise 41001 without a token, 40014 for a wrong one, 42001 for one out of date."""
    if not token:
        raise ApiError(41001)
    known = corp.tokens.get(token)
    if known is None or known.revoked:
        raise ApiError(40014)
    if known.expires_steady <= corp.clock.steady():
        raise ApiError(42001)
