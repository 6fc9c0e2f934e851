"""Calls that no client of ours makes: the simulator refuses them in WeCom's words and lives on."""

from __future__ import annotations

import inspect
import re

import pytest

from scrm.simulator.endpoints import ENDPOINTS

ASKED_FOR = re.compile(
    r"""(?:text|number|texts|part|parts|flag|has|numbers|span)\((?:ask, )?"(\w+)\""""
)
JSON_APIS = [one for one in ENDPOINTS.values() if one.method == "POST" and not one.upload]
# Values of every kind, of which each field wants one at most.
ODD = (7, "字", ["x"], {"a": 1}, -1, "字" * 5000, True, [], ["x"] * 20_000, [7], [{}], {}, 1.5)


def _fields(endpoint):
    module = inspect.getmodule(endpoint.function)
    return sorted(set(ASKED_FOR.findall(inspect.getsource(module))))


@pytest.mark.parametrize("path", ENDPOINTS)
def test_the_wrong_method_is_refused(api, path):
    other = "GET" if ENDPOINTS[path].method == "POST" else "POST"
    assert api.request(other, path, body=b"{}")["errcode"] == (
        48002 if path == "user/list_id" else 40063  # not for the app's token in any way
    )


@pytest.mark.parametrize("endpoint", JSON_APIS, ids=lambda endpoint: endpoint.path)
def test_a_field_of_the_wrong_kind_is_never_the_end(api, endpoint):
    names = _fields(endpoint)
    for value in ODD:
        assert "errcode" in api.post(endpoint.path, dict.fromkeys(names, value))
    for value in ODD[:4]:
        for name in names:
            assert "errcode" in api.post(endpoint.path, {name: value})


@pytest.mark.parametrize(
    ("path", "needed"),
    [
        ("externalcontact/list", "userid"),
        ("externalcontact/get", "external_userid"),
        ("user/get", "userid"),
        ("user/list", "department_id"),
        ("user/simplelist", "department_id"),
    ],
)
def test_what_is_needed_is_missed(api, path, needed):
    answer = api.get(path)
    assert (answer["errcode"], needed in answer["errmsg"]) == (40058, True)
