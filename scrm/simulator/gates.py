"""What the administrator must have opened before any call works (可信IP, 可调用接口的应用)."""

from __future__ import annotations

from scrm.simulator.errors import ApiError
from scrm.simulator.state import State

_CUSTOMER_APIS = "externalcontact/"


def check(state: State, api: str) -> None:
    """Raise 60020 from an address nobody trusts, 48002 for an app nobody let in."""
    if not state.settings.trusted_ip:
        raise ApiError(60020)
    if api.startswith(_CUSTOMER_APIS) and not state.settings.callable_app:
        raise ApiError(48002)
