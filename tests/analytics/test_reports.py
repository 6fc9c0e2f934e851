"""Scheduled reports: each time once, each message at most once, within the owner's role."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import pytest

from analytics.models import ReportFile, ReportMessage, ReportPlan, ReportSending
from analytics.selectors.report_contents import covered
from analytics.selectors.report_plans import obstacle
from analytics.services.report_plans import (
    ReportClosed,
    change_report,
    create_report,
    fire_due,
    remove_report,
    send_now,
    switch_report,
)
from analytics.services.report_rest import send_rest
from analytics.services.report_sending import forget_old, send_next
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from scrm.errors import InvalidInput
from scrm.outgoing import mail
from tests import build
from tests.analytics.building import NOW, contacts
from tests.analytics.report_rows import LIFECYCLE, alice, report, wanted
from tests.contacts import rows
from tests.mail_server import mail_server

pytestmark = pytest.mark.django_db

# The plan's time, half an hour after NOW, which is noon in Shanghai.
DUE = NOW + timedelta(minutes=31)


@pytest.fixture
def plan(corp, operator):
    alice(corp)
    contacts(3)
    return report(operator)


def fired(plan, *, now=DUE):
    """The sending of the plan's time, worked on until nothing is due."""
    fire_due(now=now)
    work(now=now)
    return plan.sendings.first()


def work(*, now):
    while send_next(now=now):
        pass


def got(corp):
    """Kinds of the messages Alice read."""
    return [m.msgtype for m in corp.state.app_messages.values() if "alice" in m.delivered]


def states(sending):
    return [message.state for message in sending.messages.all()]


def table(sending, part):
    text = bytes(sending.files.get(name__contains=part).content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_a_report_goes_out_once_as_a_picture_and_tables(plan, corp):
    for _clock in range(3):
        fire_due(now=DUE)
    work(now=DUE)
    work(now=DUE + timedelta(hours=1))
    assert got(corp) == ["image", "file", "file"]
    sending = plan.sendings.get()
    assert (sending.state, sending.first_on, sending.last_on) == (
        "sent",
        date(2026, 7, 6),
        date(2026, 7, 12),
    )
    picture = sending.files.get(name__endswith=".png")
    assert bytes(picture.content).startswith(b"\x89PNG")
    assert sum(int(row[1]) for row in table(sending, "生命周期")[1:]) == 3
    plan.refresh_from_db()
    assert plan.next_at == NOW + timedelta(days=1, minutes=30)


def test_a_lost_answer_is_unknown_and_nothing_is_repeated(plan, corp):
    corp.state.faults.add(path="message/send", kind="drop_after", count=1)
    sending = fired(plan)
    assert states(sending) == ["unknown", "sent", "sent"]
    assert sending.state == "unknown"
    assert sending.reason
    work(now=DUE + timedelta(hours=2))
    assert got(corp) == ["image", "file", "file"]


def test_a_worker_that_died_in_a_call_leaves_it_unknown_and_the_rest_goes_on(plan, corp):
    corp.state.faults.add(path="message/send", kind="errcode", value=45033, count=1)
    sending = fired(plan)
    # As a worker leaves it that was killed in its first call.
    sending.messages.filter(place=0).update(state="sending", intent_at=DUE)
    later = DUE + timedelta(minutes=10)
    work(now=later)
    sending.refresh_from_db()
    assert states(sending) == ["unknown", "sent", "sent"]
    assert sending.state == "unknown"
    assert got(corp) == ["file", "file"]


def test_a_worker_that_died_before_anything_left_is_made_up_for(plan, corp):
    fire_due(now=DUE)
    ReportSending.objects.update(due_at=DUE + timedelta(minutes=6))
    work(now=DUE)
    assert got(corp) == []
    work(now=DUE + timedelta(minutes=7))
    assert got(corp) == ["image", "file", "file"]


def test_what_wecom_surely_refused_waits_and_goes_later(plan, corp):
    corp.state.faults.add(path="message/send", kind="errcode", value=45033, count=1)
    sending = fired(plan)
    assert (sending.state, states(sending)) == ("sending", ["planned"] * 3)
    assert "45033" in sending.reason
    work(now=DUE + timedelta(minutes=5))
    assert got(corp) == ["image", "file", "file"]
    sending.refresh_from_db()
    assert (sending.state, sending.reason) == ("sent", "")


def test_a_refusal_that_lasts_for_hours_fails_with_its_reason(plan, corp):
    corp.state.faults.add(path="message/send", kind="errcode", value=45009, count=None)
    sending = fired(plan)
    work(now=DUE + timedelta(hours=4))
    sending.refresh_from_db()
    assert sending.state == "failed"
    assert "45009" in sending.reason
    assert got(corp) == []


def test_receivers_out_of_range_fail_at_once(plan, corp):
    del corp.state.staff["alice"]
    sending = fired(plan)
    assert sending.state == "failed"
    assert "81013" in sending.reason


def test_whoever_lost_the_permission_sends_nothing_and_is_told_why(plan, corp, operator):
    operator.role = Role.STAFF
    operator.save()
    sending = fired(plan)
    assert (sending.state, sending.messages.count()) == ("failed", 0)
    assert str(operator) in sending.reason
    assert obstacle(ReportPlan.objects.get()) == sending.reason
    assert got(corp) == []
    successor = build.operator()
    change_report(plan=plan, wanted=wanted(), operator=successor, now=DUE)
    assert obstacle(ReportPlan.objects.get()) == ""


def test_a_lead_reports_her_own_customers_alone(corp):
    member = alice(corp)
    lead = build.operator(role=Role.LEAD, staff_userid="alice")
    ours, _theirs, _nobodys = contacts(3)
    rows.follow(ours, member)
    sending = fired(report(lead, contents=[LIFECYCLE]))
    assert sum(int(row[1]) for row in table(sending, "生命周期")[1:]) == 1


def test_after_a_standstill_only_the_newest_time_is_made_up_for(plan):
    fire_due(now=DUE + timedelta(days=3))
    assert plan.sendings.get().fire_at == NOW + timedelta(days=3, minutes=30)
    assert AuditEntry.objects.get(action="report.missed").details == {"count": 3}
    fire_due(now=DUE + timedelta(days=5, hours=13))
    assert plan.sendings.count() == 1


def test_the_button_sends_one_more_and_two_presses_are_one(plan, operator, corp):
    send_now(plan=plan, operator=operator, now=NOW)
    with pytest.raises(ReportClosed):
        send_now(plan=plan, operator=operator, now=NOW + timedelta(seconds=1))
    work(now=NOW)
    assert got(corp) == ["image", "file", "file"]
    assert plan.sendings.get().asked_by == operator


def test_a_paused_or_removed_report_sends_nothing(plan, operator, corp):
    switch_report(plan=plan, is_active=False, operator=operator, now=NOW)
    assert fire_due(now=DUE) == 0
    switch_report(plan=plan, is_active=True, operator=operator, now=NOW)
    remove_report(plan=plan, operator=operator, now=NOW)
    assert fire_due(now=DUE) == 0
    for again in (
        lambda: remove_report(plan=plan, operator=operator, now=NOW),
        lambda: send_now(plan=plan, operator=operator, now=NOW),
        lambda: change_report(plan=plan, wanted=wanted(), operator=operator, now=NOW),
        lambda: switch_report(plan=plan, is_active=True, operator=operator, now=NOW),
    ):
        with pytest.raises(ReportClosed):
            again()
    assert got(corp) == []


def test_a_mail_carries_the_picture_and_the_tables(operator, settings, mailoutbox):
    settings.EMAIL_HOST, settings.PUBLIC_URL = "mail.example.com", "https://scrm.example.com"
    plan = report(operator, channel="mail", addresses=["boss@example.com", "boss@example.com"])
    sending = fired(plan)
    assert sending.state == "sent"
    [letter] = mailoutbox
    assert letter.to == ["boss@example.com"]
    assert letter.subject == "Morning figures · 2026-07-06 – 2026-07-12"
    assert f"https://scrm.example.com/reports/{plan.pk}/" in letter.body
    assert [kind for _name, _content, kind in letter.attachments] == [
        "image/png",
        "text/csv",
        "text/csv",
    ]


@pytest.mark.parametrize(
    ("mode", "first", "later", "mails"),
    [
        ("take", "sent", "sent", 1),
        ("hang_up", "unknown", "unknown", 1),
        ("550", "failed", "failed", 0),
        ("451", "sending", "sent", 1),
    ],
)
def test_what_a_mail_server_says_decides_whether_it_is_tried_again(
    operator, settings, mode, first, later, mails
):
    with mail_server(settings) as server:
        plan = report(operator, channel="mail", addresses=["boss@example.com"])
        server.mode = mode
        sending = fired(plan)
        assert sending.state == first
        server.mode = "take"
        work(now=DUE + timedelta(minutes=20))
        sending.refresh_from_db()
        assert (sending.state, len(server.taken)) == (later, mails)


def test_who_was_refused_is_named_and_gets_it_later_alone(operator, settings):
    first, late, gone = "boss@example.com", "late@example.com", "gone@example.com"
    with mail_server(settings) as server:
        plan = report(operator, channel="mail", addresses=[first, late, gone])
        server.refused = {late: "451", gone: "550"}
        sending = fired(plan)
        assert (sending.state, server.receivers) == ("sending", [first])
        assert late in sending.reason
        server.refused = {gone: "550"}
        work(now=DUE + timedelta(minutes=20))
        sending.refresh_from_db()
        assert (sending.state, server.receivers) == ("partly", [first, late])
        assert sending.reason == f"邮件服务器拒收：{gone} (550 no)"
        failed = sending.messages.get(state="failed")
        assert failed.addresses == [gone]
        send_rest(sending=sending, operator=operator, now=DUE + timedelta(hours=5))
        with pytest.raises(ReportClosed):
            send_rest(sending=sending, operator=operator, now=DUE + timedelta(hours=5))
        work(now=DUE + timedelta(hours=5))
        sending.refresh_from_db()
        assert sending.state == "partly"
        server.refused = {}
        send_rest(sending=sending, operator=operator, now=DUE + timedelta(hours=6))
        work(now=DUE + timedelta(hours=6))
        sending.refresh_from_db()
        assert (sending.state, server.receivers) == ("sent", [first, late, gone])
        assert len(server.taken) == 3
        with pytest.raises(ReportClosed):
            send_rest(sending=sending, operator=operator, now=DUE + timedelta(hours=7))


def test_without_a_mail_server_the_check_says_so(settings):
    settings.EMAIL_HOST = ""
    with pytest.raises(mail.MailRefused, match="SCRM_MAIL_HOST"):
        mail.check()
    with mail_server(settings):
        mail.check()
    # Nobody listens there any more.
    with pytest.raises(mail.MailRefused):
        mail.check()


def test_files_are_forgotten_after_a_month_and_the_history_stays(plan, corp):
    sending = fired(plan)
    ReportSending.objects.update(finished_at=DUE)
    assert forget_old(now=DUE + timedelta(days=29)) == 0
    assert forget_old(now=DUE + timedelta(days=31)) == 3
    assert not ReportFile.objects.filter(content__isnull=False).exists()
    assert sending.messages.filter(state=ReportMessage.State.SENT).count() == 3


@pytest.mark.parametrize(
    ("covers", "first", "last"),
    [
        ("yesterday", date(2026, 7, 14), date(2026, 7, 14)),
        ("last_7_days", date(2026, 7, 8), date(2026, 7, 14)),
        ("last_30_days", date(2026, 6, 15), date(2026, 7, 14)),
        ("last_week", date(2026, 7, 6), date(2026, 7, 12)),
        ("last_month", date(2026, 6, 1), date(2026, 6, 30)),
    ],
)
def test_a_period_is_of_whole_business_days(covers, first, last):
    found = covered(covers, date(2026, 7, 15))
    assert (found.first_on, found.last_on) == (first, last)


@pytest.mark.parametrize(
    ("overrides", "field"),
    [
        ({"name": " "}, "name"),
        ({"contents": []}, "contents"),
        ({"contents": ["contacts/phones"]}, "contents"),
        ({"covers": "for ever"}, "covers"),
        ({"every": "hour"}, "every"),
        ({"every": "week"}, "weekday"),
        ({"every": "month", "day": 32}, "day"),
        ({"channel": "pigeon"}, "channel"),
        ({"userids": []}, "userids"),
        ({"userids": ["nobody"]}, "userids"),
        ({"channel": "mail", "addresses": []}, "addresses"),
        ({"channel": "mail", "addresses": ["no address"]}, "addresses"),
        ({"channel": "mail", "addresses": [f"a{n}@example.com" for n in range(51)]}, "addresses"),
    ],
)
def test_an_impossible_report_is_refused_by_its_field(operator, settings, overrides, field):
    settings.EMAIL_HOST = "mail.example.com"
    alice()
    with pytest.raises(InvalidInput) as refused:
        create_report(wanted=wanted(**overrides), operator=operator, now=NOW)
    assert refused.value.field == field
