"""Access tokens and callback addresses (gettoken, getcallbackip)."""

from __future__ import annotations

from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.registry import Answer, get
from scrm.simulator.errors import ApiError

# What the secret of 通讯录同步 is good for, and what it was good for before 2022-08-15.
_OF_DIRECTORY = frozenset({"user/list_id", "department/simplelist", "getcallbackip"})
_ONLY_DIRECTORY = frozenset({"user/list_id"})
_HOUR, _REFUSED_PER_HOUR = 3600, 2000
_DETAILS = frozenset({"department/list", "user/get", "user/list", "user/simplelist"})


@get("gettoken", open=True)
def gettoken(corp: Corp, ask: Ask) -> Answer:
    """A token; the same one again while it lives. Who asks wrongly too often is shut out."""
    now = corp.clock.steady()
    corp.refused_logins = [at for at in corp.refused_logins if at > now - _HOUR]
    if len(corp.refused_logins) >= _REFUSED_PER_HOUR:
        raise ApiError(45009)
    try:
        kind = _kind(corp, ask)
    except ApiError:
        corp.refused_logins.append(now)
        raise
    for token in corp.tokens.values():
        if token.kind == kind and not token.revoked and token.expires_steady > now + 1:
            return {"access_token": token.value, "expires_in": round(token.expires_steady - now)}
    value = corp.new_id("", 214)
    lifetime = corp.settings.token_seconds
    corp.record("token", value=value, expires_steady=now + lifetime, kind=kind)
    return {"access_token": value, "expires_in": lifetime}


def _kind(corp: Corp, ask: Ask) -> str:
    """Whose credentials these are, app or directory; raises ApiError for wrong ones."""
    if not ask.has("corpid"):
        raise ApiError(41002)
    if not ask.has("corpsecret"):
        raise ApiError(41004)
    if ask.text("corpid") != corp.identity.corp_id:
        raise ApiError(40013)
    kinds = {corp.identity.secret: "app", corp.identity.directory_secret: "directory"}
    kind = kinds.get(ask.text("corpsecret"))
    if kind is None:
        raise ApiError(40001)
    return kind


@get("getcallbackip")
def getcallbackip(_corp: Corp, _ask: Ask) -> Answer:
    """The addresses callbacks come from."""
    return {"ip_list": ["127.0.0.1"]}


def check(corp: Corp, token: str, api: str) -> None:
    """Raise 41001 without a token, 40014 for a wrong one, 42001 for one out of date; 48002 or
    48009 for one that is not good for this API.
    """
    if not token:
        raise ApiError(41001)
    known = corp.tokens.get(token)
    if known is None or known.revoked:
        raise ApiError(40014)
    if known.expires_steady <= corp.clock.steady():
        raise ApiError(42001)
    if known.kind == "app" and api in _ONLY_DIRECTORY:
        raise ApiError(48002)
    if known.kind == "directory" and api not in _OF_DIRECTORY:
        raise ApiError(48009 if api in _DETAILS else 48002)
