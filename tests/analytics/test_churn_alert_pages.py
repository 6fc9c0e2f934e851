"""Pages and API of churn alerts: who sees which, what the buttons do, what is said when empty."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.authtoken.models import Token

from analytics.models import ChurnAlert, ChurnAlertRun, ChurnAlertSettings
from contacts.models import StaffTask
from contacts.services.facts import rebuild_facts
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from scrm.segments.days import business_day
from tests import build
from tests.analytics.alert_rows import alert, buyer, fitted
from tests.contacts import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    return rows.staff(userid="anna", name="Anna")


def person(member, **overrides):
    one = rows.contact(**overrides)
    rows.follow(one, member)
    return one


def shown(client, **query):
    return [one for one, _why, _hint in client.get("/churn-alerts/", query).context["rows"]]


def test_the_list_shows_open_alerts_and_finds_others(operator_client, anna):
    dear = alert(person(anna, name="Dear"), anna, loss_fen=50_000, value_fen=60_000)
    cheap = alert(
        person(anna, name="Cheap"),
        rows.staff(name="Zoe"),
        loss_fen=10_000,
        value_fen=90_000,
        kind="unfriended",
        action="rest",
        reasons=[{"reason": "pressed", "numbers": {"touches": 5, "days": 30}}],
    )
    done = alert(person(anna), anna, state="done", outcome="ordered", outcome_on="2026-03-20")
    assert shown(operator_client) == [dear, cheap]
    assert shown(operator_client, sort="value") == [cheap, dear]
    assert shown(operator_client, reason="pressed") == [cheap]
    assert shown(operator_client, kind="inactive") == [dear]
    assert shown(operator_client, staff_id=anna.pk) == [dear]
    assert shown(operator_client, state="done", outcome="ordered") == [done]
    assert len(shown(operator_client, state="all")) == 3
    text = operator_client.get("/churn-alerts/").content.decode()
    assert "已 60 天未下单，她平时的间隔是 20 天。" in text
    assert "让她休息" in text
    assert "¥500.00" in text


def test_staff_and_leads_meet_the_alerts_of_their_own_customers_alone(client, anna):
    own = alert(person(anna), anna)
    other = alert(person(rows.staff()), rows.staff())
    client.force_login(build.operator(role=Role.STAFF, staff_userid="anna"))
    assert shown(client) == [own]
    assert client.post(f"/churn-alerts/{other.pk}/done/").status_code == 404
    assert client.post(f"/churn-alerts/{own.pk}/done/", {"note": "Called"}).status_code == 302
    own.refresh_from_db()
    assert (own.state, own.note) == ("done", "Called")
    assert client.get("/churn-alerts/settings/").status_code == 403


def test_a_task_is_suggested_in_words_and_given(operator_client, anna):
    one = alert(person(anna), anna)
    page = operator_client.get(f"/churn-alerts/{one.pk}/task/")
    words = page.context["form"].initial["text"]
    assert words == "专属服务问候：已 60 天未下单，她平时的间隔是 20 天。"
    day = business_day(timezone.now()).isoformat()
    given = {"text": words, "due_on": day}
    assert operator_client.post(f"/churn-alerts/{one.pk}/task/", given).status_code == 302
    assert StaffTask.objects.get().text == words
    left = alert(rows.contact(), anna)
    refused = operator_client.post(f"/churn-alerts/{left.pk}/task/", given)
    assert refused.status_code == 422


def test_settings_are_previewed_and_saved(operator_client, anna):
    now = timezone.now()
    for value in (20_000, 60_000):
        one = buyer(anna, value_fen=value)
        one.metrics.last_on = business_day(now) - timedelta(days=60)
        one.metrics.save(update_fields=["last_on"])
    fitted()
    rebuild_facts()
    typed = {"budget": 1, "least_loss_fen": "100.00", "rest_days": 14, "open_days": 5}
    found = operator_client.post("/churn-alerts/settings/preview/", typed)
    assert (found.context["choice"].made, found.context["choice"].considered) == (1, 2)
    assert "超出员工当日上限" in found.content.decode()
    assert not ChurnAlertRun.objects.exists()
    assert operator_client.post("/churn-alerts/settings/", typed).status_code == 302
    row = ChurnAlertSettings.objects.get()
    assert (row.budget, row.least_loss_fen, row.tells_staff) == (1, 10_000, False)
    typed["budget"] = 999
    assert operator_client.post("/churn-alerts/settings/", typed).status_code == 422


def test_the_export_is_noted_and_holds_what_the_page_shows(operator_client, anna):
    alert(person(anna, name="=Dear"), anna, note="13812345678", state="dismissed")
    answer = operator_client.post("/churn-alerts/export/?state=all")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "'=Dear" in text
    assert "已 60 天未下单" in text
    assert "13812345678" not in text
    assert AuditEntry.objects.get().action == "churn_alert.export"


def test_home_and_the_customers_page_tell_of_her_alert(operator_client, anna):
    one = person(anna, name="Dear")
    alert(one, anna)
    assert "预计损失 ¥200.00" in operator_client.get("/").content.decode()
    steady = buyer(anna, name="Steady")
    steady.metrics.last_on = business_day(timezone.now())
    steady.metrics.save(update_fields=["last_on"])
    for customer, words in ((one, "她有一条待处理的预警"), (steady, "她保持着自己的节奏")):
        assert words in operator_client.get(f"/contacts/{customer.pk}/").content.decode()
    ChurnAlertRun.objects.update(considered=7, made=1, excluded={"resting": 6})
    text = operator_client.get("/churn-alerts/").content.decode()
    assert "免打扰（客户意愿或触达规则）" in text


def test_the_api_lists_and_closes_within_its_scope(anna):
    own, other = alert(person(anna), anna), alert(person(rows.staff()), rows.staff())
    operator = build.operator(role=Role.LEAD, staff_userid="anna")
    token = Token.objects.create(user=operator)
    client = Client(headers={"authorization": f"Token {token.key}"})
    [found] = client.get("/api/v1/churn-alerts/?state=open").json()["results"]
    assert found["id"] == own.pk
    assert found["reasons"] == [{"reason": "overdue", "numbers": {"gap": 60, "usual": 20}}]
    assert client.get(f"/api/v1/churn-alerts/{other.pk}/").status_code == 404
    path = f"/api/v1/churn-alerts/{own.pk}"
    done = client.post(f"{path}/done/", {"note": "Called"}, content_type="application/json")
    assert (done.json()["state"], done.json()["note"]) == ("done", "Called")
    again = client.post(f"{path}/dismiss/", {}, content_type="application/json")
    assert again.status_code == 409
    assert ChurnAlert.objects.get(pk=own.pk).closed_by == operator


@pytest.mark.parametrize("page", ["/churn-alerts/", "/churn-alerts/backtest/"])
def test_empty_pages_say_what_comes_next(operator_client, page):
    text = operator_client.get(page).content.decode()
    assert "500 名买家" in text or "270 天的订单" in text


def test_home_keeps_a_place_for_alerts_before_there_are_any(operator_client):
    assert "没有待处理的预警" in operator_client.get("/").content.decode()
