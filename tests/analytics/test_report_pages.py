"""The pages of scheduled reports: set up, looked at, sent, taken away."""

from __future__ import annotations

import pytest
from django.utils import timezone

from analytics.models import ReportPlan
from analytics.services.report_plans import send_now
from analytics.services.report_sending import send_next
from contacts.services.segments import create_segment
from scrm.console.models import Role
from tests import build
from tests.analytics.report_rows import CHANNELS, LIFECYCLE, alice, report

pytestmark = pytest.mark.django_db

TYPED = {
    "name": "Morning figures",
    "contents": [LIFECYCLE],
    "covers": "last_week",
    "every": "week",
    "weekday": "1",
    "day": "1",
    "time": "09:05",
    "channel": "wecom",
    "userids": ["alice"],
    "addresses": "",
}


@pytest.fixture(autouse=True)
def in_english(client):
    client.cookies["django_language"] = "en"
    alice()


def shown(client, path):
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_a_report_is_set_up_looked_at_and_changed(operator_client):
    assert "No report is scheduled yet" in shown(operator_client, "/reports/")
    assert "Sums only, never a list of customers." in shown(operator_client, "/reports/new/")
    answer = operator_client.post("/reports/new/", TYPED)
    plan = ReportPlan.objects.get()
    assert answer.headers["Location"] == f"/reports/{plan.pk}/"
    text = shown(operator_client, f"/reports/{plan.pk}/")
    assert "Every week on Monday, 09:05" in text
    assert "Alice" in text
    operator_client.post(f"/reports/{plan.pk}/edit/", {**TYPED, "name": "Other"})
    assert "Other" in shown(operator_client, "/reports/")


def test_what_is_wrong_stands_at_its_field(operator_client):
    answer = operator_client.post("/reports/new/", {**TYPED, "weekday": ""})
    assert answer.status_code == 422
    assert "Choose a day of the week." in answer.content.decode()
    assert not ReportPlan.objects.exists()


def test_the_preview_is_the_picture_and_keeps_nothing(operator_client):
    answer = operator_client.post("/reports/new/", {**TYPED, "preview": "1"})
    assert "/reports/preview.png?name=Morning+figures" in answer.content.decode()
    assert not ReportPlan.objects.exists()
    picture = operator_client.get(
        "/reports/preview.png", {"contents": LIFECYCLE, "covers": "last_week"}
    )
    assert picture.headers["Content-Type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    assert operator_client.get("/reports/preview.png?contents=x").status_code == 400


def test_segments_are_chosen_in_the_form(operator_client):
    rule = {"all": [{"field": "order.count", "op": ">=", "value": 2}]}
    segment = create_segment(name="Twice", rule=rule, now=timezone.now())
    typed = {**TYPED, "contents": [CHANNELS]}
    answer = operator_client.post("/reports/new/", typed)
    assert "Choose the segments to compare." in answer.content.decode()
    typed["segments"] = [segment.pk]
    answer = operator_client.post("/reports/new/", {**typed, "preview": "1"})
    assert f"segment={segment.pk}" in answer.content.decode()
    operator_client.post("/reports/new/", typed)
    plan = ReportPlan.objects.get()
    assert "Twice" in shown(operator_client, f"/reports/{plan.pk}/")
    chosen = f'<option value="{segment.pk}" selected>'
    assert chosen in shown(operator_client, f"/reports/{plan.pk}/edit/")


def test_a_report_is_paused_switched_on_sent_and_removed(operator_client, operator):
    plan = report(operator, now=timezone.now())
    page = f"/reports/{plan.pk}/"
    for verb, words in (("pause", "Paused"), ("resume", "Switched on"), ("send", "being made")):
        answer = operator_client.post(f"{page}{verb}/", follow=True)
        assert words in answer.content.decode()
    answer = operator_client.post(f"{page}send/", follow=True)
    assert "One of it is being sent already." in answer.content.decode()
    operator_client.post(f"{page}remove/")
    assert operator_client.get(page).status_code == 404


def test_what_was_sent_can_be_looked_at_by_whom_it_shows_nothing_new(
    corp, operator_client, operator
):
    alice(corp)
    plan = report(operator, now=timezone.now())
    operator_client.post(f"/reports/{plan.pk}/send/")
    while send_next(now=timezone.now()):
        pass
    sending = plan.sendings.get()
    assert sending.state == "sent"
    text = shown(operator_client, f"/reports/{plan.pk}/")
    for file in sending.files.all():
        assert f"/report-files/{file.pk}/" in text
        answer = operator_client.get(f"/report-files/{file.pk}/")
        assert answer.content == bytes(file.content)
    operator_client.force_login(build.operator(role=Role.LEAD, staff_userid="alice"))
    assert operator_client.get(f"/reports/{plan.pk}/").status_code == 404
    assert operator_client.get(f"/report-files/{file.pk}/").status_code == 404


def test_the_page_says_why_a_report_sends_nothing(operator_client):
    owner = build.operator()
    plan = report(owner, now=timezone.now())
    owner.is_active = False
    owner.save()
    assert "may no longer log in" in shown(operator_client, f"/reports/{plan.pk}/")
    assert "Sends nothing" in shown(operator_client, "/reports/")


def test_whom_a_mail_did_not_reach_stands_in_the_history_with_a_button(operator_client, operator):
    plan = report(operator)
    send_now(plan=plan, operator=operator, now=timezone.now())
    sending = plan.sendings.get()
    file = sending.files.create(place=0, name="figures.png", content=b"png")
    for place, (state, address) in enumerate((("sent", "boss"), ("failed", "gone"))):
        sending.messages.create(
            place=place,
            state=state,
            addresses=[f"{address}@example.com"],
            intent_at=timezone.now(),
        )
    reason = "The mail server refused gone@example.com (550 no)"
    plan.sendings.update(state="partly", finished_at=timezone.now(), reason=reason)
    path = f"/reports/{plan.pk}/"
    text = shown(operator_client, path)
    assert reason in text
    assert "Sent in part" in shown(operator_client, "/reports/")
    address = f"/report-sendings/{sending.pk}/rest/"
    assert f'action="{address}"' in text
    assert operator_client.post(address).headers["Location"] == path
    sending.refresh_from_db()
    assert sending.state == "sending"
    plan.sendings.update(state="partly", finished_at=timezone.now())
    file.delete()
    assert address not in shown(operator_client, path)
    assert "Its files are gone" in operator_client.post(address, follow=True).content.decode()
