from datetime import timedelta

import pytest

from tests.simulator.client import Client
from tests.simulator.shapes import assert_shape


def test_a_token_is_handed_out_and_handed_out_again(state):
    client = Client(state)
    identity = state.identity
    first = client.get("gettoken", corpid=identity.corp_id, corpsecret=identity.secret)
    assert_shape(first, "gettoken")
    assert first["expires_in"] == 7200
    again = client.get("gettoken", corpid=identity.corp_id, corpsecret=identity.secret)
    assert again["access_token"] == first["access_token"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, 41002),
        ({"corpid": "wwsimulator000001"}, 41004),
        ({"corpid": "ww-other", "corpsecret": "simulator-secret"}, 40013),
        ({"corpid": "wwsimulator000001", "corpsecret": "guess"}, 40001),
    ],
)
def test_wrong_credentials_get_no_token(state, query, code):
    assert Client(state).get("gettoken", **query)["errcode"] == code


def test_who_asks_two_thousand_times_with_a_wrong_secret_is_shut_out_for_an_hour(state):
    identity, client = state.identity, Client(state)
    wrong = {"corpid": identity.corp_id, "corpsecret": "guess"}
    codes = {client.get("gettoken", **wrong)["errcode"] for _time in range(2000)}
    assert codes == {40001}
    right = {"corpid": identity.corp_id, "corpsecret": identity.secret}
    assert client.get("gettoken", **right)["errcode"] == 45009
    state.clock.advance(timedelta(hours=1, seconds=1))
    assert client.get("gettoken", **right)["errcode"] == 0


def test_calls_need_a_living_token(state, api):
    path = "externalcontact/get_follow_user_list"
    assert api.get(path, access_token="")["errcode"] == 41001
    assert api.get(path, access_token="made-up")["errcode"] == 40014
    state.clock.advance(timedelta(seconds=7201))
    assert api.get(path)["errcode"] == 42001
    assert api.log_in().get(path)["errcode"] == 0


def test_tokens_can_be_revoked(state, api):
    state.revoke_tokens()
    assert api.get("getcallbackip")["errcode"] == 40014
    assert api.log_in().get("getcallbackip")["ip_list"]


def test_errors_have_the_form_of_the_real_ones(api):
    answer = api.get("user/get", userid="nobody")
    assert answer["errcode"] == 60111
    assert "hint: [" in answer["errmsg"]


def test_the_wrong_method_and_broken_bodies_are_refused(api):
    assert api.get("externalcontact/get_corp_tag_list")["errcode"] == 40063
    path = "externalcontact/mark_tag"
    assert api.request("POST", path, body=b"{broken")["errcode"] == 40058
    assert api.request("POST", path, body=b"[1]")["errcode"] == 40063
    assert api.post(path, {"userid": 5})["errcode"] == 40058


def test_unknown_fields_are_ignored(api):
    assert api.post("externalcontact/get_corp_tag_list", {"new": 1})["errcode"] == 0


def test_an_unknown_path_is_not_found(api):
    assert api.adapter.handle("GET", "/cgi-bin/no/such", {})[0] == 404
