"""The page of the set-up check: steps for a new installation, results, who may look."""

from __future__ import annotations

import pytest
from django.utils import timezone

from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from scrm.wecom.doctor.steps import STEPS, progress
from scrm.wecom.models import CheckUp, SyncRun
from tests import build
from tests.wecom.check_ups import let_workers_live

pytestmark = pytest.mark.django_db


def shown(client):
    return client.get("/check-up/").content.decode()


def states(answer):
    return {one.step.name: one.state for one in answer.context["steps"]}


def test_a_new_installation_sees_the_steps_and_what_to_copy(operator_client, settings):
    settings.PUBLIC_URL = "https://scrm.example.com"
    answer = operator_client.get("/check-up/")
    page = answer.content.decode()
    assert states(answer)["settings"] == "current"
    assert "尚未体检" in page
    assert 'data-copy="https://scrm.example.com/wecom/callback/"' in page
    assert "WECOM_ENCODING_AES_KEY=" in page


def test_without_a_public_address_the_page_says_that_wecom_needs_one(operator_client, settings):
    settings.PUBLIC_URL = ""
    assert "SCRM_PUBLIC_URL" in shown(operator_client)


def test_a_run_is_kept_written_down_and_shown(operator_client, operator, corp):
    corp.state.add_staff("amy")
    answer = operator_client.post("/check-up/run/", follow=True)
    kept = CheckUp.objects.get()
    assert answer.context["last"] == kept
    entry = AuditEntry.objects.get(action="doctor.run")
    assert entry.operator_id == operator.pk
    assert entry.details == {"failed": kept.failed, "warned": kept.warned}
    assert "连接企业微信" in answer.content.decode()


def test_the_result_is_told_in_the_language_of_whoever_looks(operator_client, corp):
    operator_client.post("/check-up/run/")
    assert "可见范围" in shown(operator_client)
    operator_client.cookies["django_language"] = "en"
    assert "Visible range" in shown(operator_client)


def test_the_page_asks_nobody_until_the_button_is_pressed(operator_client, corp):
    operator_client.post("/check-up/run/")
    corp.state.calls.reset()
    shown(operator_client)
    assert not corp.state.calls


def test_the_address_wecom_saw_stands_at_the_step_that_needs_it(operator_client, corp):
    corp.state.record("settings", trusted_ip=False)
    answer = operator_client.post("/check-up/run/", follow=True)
    assert states(answer)["ip"] == "current"
    assert 'data-copy="127.0.0.1"' in answer.content.decode()


def test_no_secret_is_on_the_page(operator_client, settings, corp):
    page = operator_client.post("/check-up/run/", follow=True).content.decode()
    for name in ("WECOM_SECRET", "WECOM_CALLBACK_TOKEN", "WECOM_ENCODING_AES_KEY", "SECRET_KEY"):
        assert str(getattr(settings, name)) not in page


def test_only_the_last_twenty_results_are_kept(operator_client, corp):
    for number in range(22):
        CheckUp.objects.create(
            at=timezone.now(), seconds=number, failed=0, warned=0, findings={"en": []}
        )
    operator_client.post("/check-up/run/")
    assert CheckUp.objects.count() == 20


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.LEAD, Role.STAFF, Role.ANALYST])
def test_only_administrators_look_and_run(client, role):
    client.force_login(build.operator(role=role))
    assert client.get("/check-up/").status_code == 403
    assert client.post("/check-up/run/").status_code == 403
    assert not CheckUp.objects.exists()


def test_a_real_corp_is_led_to_the_check_from_the_home_page(operator_client, settings):
    assert "连接您的企业微信" not in operator_client.get("/").content.decode()
    settings.WECOM_SIMULATED = False
    page = operator_client.get("/").content.decode()
    assert "连接您的企业微信" in page
    assert 'href="/check-up/"' in page


def test_the_steps_close_up_when_all_are_done(operator_client, corp, settings, live_server):
    settings.PUBLIC_URL = live_server.url
    let_workers_live()
    corp.state.callbacks.url = f"{live_server.url}/wecom/callback/"
    corp.state.add_staff("amy")
    corp.state.follow("amy", corp.state.add_contact(), callback=True, welcome=True)
    corp.state.callbacks.settle(10)
    now = timezone.now()
    SyncRun.objects.create(
        kind="full", state="done", started_at=now, progressed_at=now, finished_at=now
    )
    answer = operator_client.post("/check-up/run/", follow=True)
    assert set(states(answer).values()) == {"done"}
    assert answer.context["is_connected"]


def test_a_step_is_current_only_when_all_before_it_are_done():
    findings = [{"name": "token", "state": "ok"}, {"name": "setting:A", "state": "fail"}]
    steps = progress(findings, callback_url="")
    assert [step.state for step in steps[:3]] == ["current", "done", "later"]
    assert len(steps) == len(STEPS)
