"""One token for all processes: whoever comes first fetches, the others wait for it."""

from __future__ import annotations

import multiprocessing

from scrm.ratelimit.limits import Limit
from scrm.wecom.transport import Transport
from tests.wecom.conftest import THOUSAND

PROCESSES = 8
_fork = multiprocessing.get_context("fork")


def _call(barrier, values):
    transport = Transport(limit=Limit("wecom.api", windows=THOUSAND, parallel=4), **values)
    barrier.wait(10)
    transport.get("department/list")


def _all_at_once(values):
    barrier = _fork.Barrier(PROCESSES)
    running = [_fork.Process(target=_call, args=(barrier, values)) for _n in range(PROCESSES)]
    for process in running:
        process.start()
    for process in running:
        process.join(30)
    return [process.exitcode for process in running]


def test_eight_processes_fetch_one_token_and_one_more_when_it_is_over(corp, settings):
    values = {
        "corp_id": settings.WECOM_CORP_ID,
        "secret": settings.WECOM_SECRET,
        "base_url": corp.api,
    }
    assert _all_at_once(values) == [0] * PROCESSES
    assert corp.state.calls["gettoken"] == 1
    corp.state.revoke_tokens()
    assert _all_at_once(values) == [0] * PROCESSES
    assert corp.state.calls["gettoken"] == 2


def test_two_apps_whose_secrets_begin_alike_have_tokens_of_their_own(corp, transport_to):
    identity = corp.state.identity
    assert identity.secret[:10] == identity.directory_secret[:10]
    app = transport_to(corp.api)
    directory = transport_to(corp.api, secret=identity.directory_secret)
    for _time in range(2):
        assert app.get("user/get", {"userid": _staff(corp)})["userid"] == "zhangwei"
        assert directory.post("user/list_id", {})["dept_user"]
    assert corp.state.calls["gettoken"] == 2


def _staff(corp):
    return corp.state.add_staff("zhangwei", "张伟").userid
