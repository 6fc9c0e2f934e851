"""Every kind of failure alone at 100 %: hardly a call while it lasts, and all is done after it.

The pauses are those of `Pauses` a thirtieth as long, those after 45009 a hundredth; nothing else differs.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from scrm import wecom
from scrm.ratelimit.gate import Pauses
from scrm.simulator.limits import worst_of
from scrm.wecom.quotas import every_api
from scrm.wecom.transport import Patience
from tests.waiting import until

TAGS = "externalcontact/get_corp_tag_list"
CALLERS, CALLS_EACH = 6, 5
SLOTS = every_api().places("externalcontact/add_msg_template")
MOST = 3
PAUSE = 0.3  # where the product pauses ten seconds
PAUSES = Pauses(trouble=PAUSE, trouble_most=PAUSE, told=PAUSE, told_most=2 * PAUSE, crowded=PAUSE)
BRIEF = Patience(connect=0.5, read=0.15, total=0.3, limits=0.1)
STORMS = {
    "system busy": ("errcode", -1),
    "too often": ("errcode", 45009),
    "too many at once": ("errcode", 45033),
    "token invalid": ("errcode", 40014),
    "token expired": ("errcode", 42001),
    "HTTP 500": ("http", 500),
    "time-out": ("slow", 0.4),
    "connection reset": ("drop_before", 0),
    "malformed": ("garbage", 0),
}


def _work(transport, problems):
    """Make some calls, each as often as it takes, without the patience that is asked for."""
    pause = Event()
    for _each in range(CALLS_EACH):
        while True:
            try:
                transport.post(TAGS, {})
                break
            except wecom.WeComError as error:
                problems.append(error)
                pause.wait(0.01)


@pytest.mark.parametrize("storm", STORMS)
def test_a_storm_costs_few_calls_and_one_token_and_work_ends_by_itself(corp, transport_to, storm):
    kind, value = STORMS[storm]
    state, problems = corp.state, []
    # As in as many processes: they share nothing but Redis.
    transports = [
        transport_to(corp.api, parallel=SLOTS, patience=BRIEF, pauses=PAUSES)
        for _each in range(CALLERS)
    ]
    transports[0].get("department/list")
    state.calls.reset()
    fault = state.faults.add(TAGS, kind, value, count=None)
    with ThreadPoolExecutor(CALLERS) as pool:
        work = [pool.submit(_work, transport, problems) for transport in transports]
        # Until the gate has closed and let a call in to try three times.
        until(lambda: state.calls[TAGS] >= 6, seconds=20, what="the gate tries again")
        state.faults.clear(fault.path)
        during = state.limits.knocks(TAGS)
        for one in work:
            one.result(timeout=20)
    # What was under way when it began and one try of a fresh token included.
    assert worst_of(during, PAUSE) <= MOST
    assert state.calls["gettoken"] <= 1
    final = {type(error) for error in problems if not (error.retryable and error.retry_after)}
    assert final <= {wecom.TokenInvalid}  # its one repetition has been made
    assert state.calls[TAGS] - len(during) <= CALLERS * CALLS_EACH + SLOTS


def test_a_token_that_cannot_be_had_is_not_asked_for_again_and_again(corp, transport_to):
    state = corp.state
    state.faults.add("gettoken", "errcode", -1, count=None)
    transports = [transport_to(corp.api, patience=BRIEF, pauses=PAUSES) for _each in range(4)]
    for transport in transports * 3:
        with pytest.raises(wecom.NotConnected):
            transport.post(TAGS, {})
    assert state.calls["gettoken"] == 1
    assert state.calls[TAGS] == 0
