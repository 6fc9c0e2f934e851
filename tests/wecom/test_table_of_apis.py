"""Every API of the simulator has a method of the gateway, and the page that says which."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scrm.simulator.endpoints import ENDPOINTS
from scrm.wecom.gateway import Gateway

_PAGE = Path(__file__).parents[2] / "docs" / "wecom.md"
_ROW = re.compile(r"^\| `(?P<path>[…a-z_/0-9]+)` \| (?P<methods>[^|]+) \|", re.MULTILINE)
# The older address of auth/getuserinfo: only libraries of others call it.
_OLD = {"user/getuserinfo"}


def _rows():
    return [
        (row["path"].replace("…/", "externalcontact/"), re.findall(r"`(\w+)`", row["methods"]))
        for row in _ROW.finditer(_PAGE.read_text())
    ]


def test_every_api_is_in_the_table_once():
    named = [path for path, _methods in _rows()]
    assert sorted(named) == sorted(set(ENDPOINTS) - _OLD)


@pytest.mark.parametrize(("path", "methods"), _rows(), ids=[path for path, _methods in _rows()])
def test_every_api_has_a_typed_method(path, methods):
    assert methods
    for name in methods:
        method = getattr(Gateway, name)
        assert "return" in method.__annotations__
        assert method.__doc__
