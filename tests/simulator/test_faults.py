import http.client

import pytest

from scrm.simulator.adapter import ConnectionReset
from scrm.simulator.server import Server

PATH = "externalcontact/get_follow_user_list"
ADD = "externalcontact/add_msg_template"
BODY = b'{"sender":"wangfang","text":{"content":"a"}}'


def _create(api):
    return api.adapter.handle("POST", f"/cgi-bin/{ADD}", {"access_token": api.token}, BODY)


def test_an_error_code_is_answered_as_often_as_asked(state, api):
    state.faults.add(PATH, "errcode", 45009, count=2, after=1)
    assert [api.get(PATH)["errcode"] for _call in range(5)] == [0, 45009, 45009, 0, 0]


def test_a_fault_may_strike_for_ever_and_be_taken_back(state, api):
    state.faults.add(kind="errcode", value=-1, count=None)
    assert {api.get(PATH)["errcode"] for _call in range(20)} == {-1}
    state.faults.clear()
    assert api.get(PATH)["errcode"] == 0


def test_a_fault_may_strike_a_share_of_the_calls(state, api):
    state.faults.add(PATH, "errcode", -1, count=None, share=0.3)
    struck = sum(api.get(PATH)["errcode"] == -1 for _call in range(300))
    assert 60 < struck < 120


@pytest.mark.parametrize(
    ("kind", "value", "status", "made"),
    [
        ("http", 502, 502, 0),
        ("http_after", 500, 500, 1),
        ("garbage", 0, 200, 0),
        ("garbage_after", 0, 200, 1),
        ("slow", 0.01, 200, 1),
        ("slow_after", 0.01, 200, 1),
        ("errcode", 40058, 200, 0),
    ],
)
def test_a_fault_says_whether_the_call_happened(state, api, kind, value, status, made):
    state.faults.add(ADD, kind, value)
    assert _create(api)[0] == status
    assert len(state.tasks()) == made


@pytest.mark.parametrize(("kind", "made"), [("drop_before", 0), ("drop_after", 1)])
def test_a_dropped_answer_is_no_answer(state, api, kind, made):
    state.faults.add(ADD, kind)
    with pytest.raises(ConnectionReset):
        _create(api)
    assert len(state.tasks()) == made


def test_a_dropped_answer_resets_the_connection(state, api):
    state.faults.add(PATH, "drop_after")
    with Server(state) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        connection.request("GET", f"/cgi-bin/{PATH}?access_token={api.token}")
        with pytest.raises(ConnectionResetError):
            connection.getresponse()
        connection.close()


@pytest.mark.parametrize(
    "wrong", [{"kind": "explode"}, {"count": 0}, {"after": -1}, {"share": 0}, {"share": 2}]
)
def test_senseless_faults_are_refused(state, wrong):
    with pytest.raises(ValueError, match=r"one of|at least"):
        state.faults.add(**wrong)
