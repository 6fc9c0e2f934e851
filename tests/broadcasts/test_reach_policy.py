"""The page of the house rules, its preview and its audit; the calendar of touches."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from broadcasts.models import PolicySettings
from broadcasts.policy.holdout import bucket
from broadcasts.selectors.policy import house_terms, terms_from
from broadcasts.selectors.policy_effect import effect
from broadcasts.services.policy import (
    HouseRules,
    default_rules,
    draw_standing_holdout,
    reset_policy,
    update_policy,
)
from broadcasts.views.policy_form import form_of
from contacts.models import Contact, Preference
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from scrm.errors import InvalidInput
from tests import build
from tests.broadcasts import rows
from tests.broadcasts.rows import NOW

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")


def changed(**figures):
    return HouseRules(**{**vars(default_rules()), **figures})


def typed(**figures):
    """The form as a browser would send it."""
    form = form_of(changed(**figures))
    return {name: form[name].value() for name in form.fields if form[name].value() is not None}


def page(name, **asked):
    return reverse(f"console:{name}", **asked)


def test_house_rules_are_changed_with_what_they_were_in_the_log(operator):
    update_policy(
        rules=changed(monthly_cap=3, deep_cap=None, rest_dates=[date(2026, 2, 17)]),
        operator=operator,
        now=NOW,
    )
    line = AuditEntry.objects.get(action="reach_policy.change")
    assert line.details == {
        "monthly_cap": ["4", "3"],
        "deep_cap": ["2", "–"],
        "rest_dates": ["", "2026-02-17"],
    }
    assert house_terms().rest_dates == {date(2026, 2, 17)}
    reset_policy(operator=operator, now=NOW)
    assert PolicySettings.objects.get().monthly_cap == 4
    assert AuditEntry.objects.get(action="reach_policy.reset").details["deep_cap"] == ["–", "2"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("monthly_cap", 0),
        ("deep_cap", 32),
        ("white_share", 91),
        ("holdout_percent", 60),
        ("standing_percent", 21),
        ("journey_priority", 10),
        ("quota", "no"),
        ("rest_weekdays", [1, 2, 3, 4, 5, 6, 7]),
        ("rest_weekdays", [8]),
        ("lunch_until", time(12, 30)),
        ("lunch_channels", ["moment"]),
        ("rest_dates", [date(2026, 1, 1) + timedelta(days=day) for day in range(61)]),
    ],
)
def test_figures_that_make_no_sense_are_refused_by_name(operator, field, value):
    with pytest.raises(InvalidInput) as refused:
        update_policy(rules=changed(**{field: value}), operator=operator, now=NOW)
    assert refused.value.field == field
    assert not AuditEntry.objects.exists()


def test_the_standing_hold_out_grows_with_its_share_and_is_drawn_anew_by_an_act_alone(operator):
    with pytest.raises(InvalidInput):
        draw_standing_holdout(operator=operator, now=NOW)
    first = update_policy(rules=changed(standing_percent=5), operator=operator, now=NOW)
    later = NOW + timedelta(days=1)
    more = update_policy(rules=changed(standing_percent=10), operator=operator, now=later)
    assert (more.standing_salt, more.standing_since) == (first.standing_salt, NOW)
    reset_policy(operator=operator, now=later)
    again = update_policy(rules=changed(standing_percent=10), operator=operator, now=later)
    assert again.standing_salt == first.standing_salt
    drawn = draw_standing_holdout(operator=operator, now=later)
    assert drawn.standing_salt != first.standing_salt
    assert drawn.standing_since == later


def test_who_stands_out_hears_no_marketing_but_every_service_message(operator):
    PolicySettings.objects.create(
        pk=1, standing_percent=20, standing_salt="all", standing_since=NOW
    )
    member = rows.staff()
    people = [rows.customer(member) for _each in range(40)]
    held = {person.pk for person in people if bucket("all", person.pk) < 20}
    assert held
    marketing = rows.frozen()
    reasons = dict(marketing.recipients.values_list("contact_id", "reason"))
    assert {pk for pk, reason in reasons.items() if reason == "global_holdout"} == held
    assert rows.frozen(touch_class="service").chosen == 40


def test_the_rules_are_changed_on_their_page(operator_client):
    address = page("reach-policy")
    assert operator_client.get(address).status_code == 200
    rest = {"rest_weekdays": [6, 7], "rest_dates": "2026-02-17，2026-02-18"}
    rest |= {"lunch_channels": ["group"], "lunch_until": "13:30"}
    rest |= {"broadcast_priority": 4}
    assert operator_client.post(address, {**typed(quota="7_per_week"), **rest}).status_code == 302
    composer = operator_client.get(page("broadcast-new")).context["form"]
    assert composer["priority"].value() == 4
    row = PolicySettings.objects.get()
    assert (row.quota, row.rest_weekdays) == ("7_per_week", [6, 7])
    assert row.rest_dates == [date(2026, 2, 17), date(2026, 2, 18)]
    assert (row.lunch_channels, row.lunch_until) == (["group"], time(13, 30))
    assert "13:30" in operator_client.get(page("reach-calendar")).content.decode()
    sleepy = {"quiet_from": "14:20", "quiet_until": "12:10", "lunch_channels": ["private"]}
    wrong = operator_client.post(address, {**typed(), **sleepy})
    assert set(wrong.context["form"].errors) == {"lunch_until"}
    for field, value in {"monthly_cap": 99, "rest_dates": "soon", "gap_days": ""}.items():
        wrong = operator_client.post(address, {**typed(), field: value})
        assert (wrong.status_code, set(wrong.context["form"].errors)) == (422, {field})
    assert operator_client.post(page("reach-policy-reset")).status_code == 302
    assert PolicySettings.objects.get().quota == "days_in_month"


def test_programs_read_the_rules_and_change_single_figures(operator_client):
    address = "/api/v1/reach-policy/"
    before = operator_client.get(address).json()
    assert (before["lunch_channels"], before["lunch_from"], before["deep_cap"]) == (
        [],
        "12:30:00",
        2,
    )
    told = {"lunch_channels": ["group", "private"], "deep_cap": None, "rest_dates": ["2026-02-17"]}
    after = operator_client.post(address, told, content_type="application/json").json()
    assert {name: after[name] for name in told} == told
    same = set(before) - set(told) - {"updated_at"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    for wrong in ({"gap_days": 40}, {"lunch_until": "12:30"}, {"quota": "none"}):
        refused = operator_client.post(address, wrong, content_type="application/json")
        assert (refused.status_code, list(refused.json())) == (400, list(wrong))


def test_an_analyst_neither_previews_nor_resets(client):
    client.force_login(build.operator(role=Role.ANALYST))
    assert client.post("/api/v1/reach-policy/", {"gap_days": 1}).status_code == 403
    assert client.get(page("reach-calendar")).status_code == 200
    for act in ("preview", "reset", "draw"):
        assert client.post(page(f"reach-policy-{act}")).status_code == 403


# --- the preview of a change ---------------------------------------------------------------------


def noon(days_ago):
    return NOW.astimezone(SHANGHAI).replace(hour=12) - timedelta(days=days_ago)


def test_a_preview_plays_the_touches_again_by_both_rules():
    calm, busy = rows.customer(), rows.customer()
    rows.touch(calm, at=noon(5))
    for days in (9, 6, 3):
        rows.touch(busy, at=noon(days))
    rows.touch(busy, at=noon(2), touch_class="service")
    stricter = terms_from(PolicySettings(gap_days=5))
    result = effect(house_terms(), stricter, now=NOW)
    # Of 9, 6 and 3 days ago the second goes; the third is then far enough from the first.
    assert (result.touches, result.customers, result.every) == (4, 2, 1)
    assert [(change.now, change.then, change.more) for change in result.changes] == [(0, 1, 1)]
    assert (result.spared, result.pressed) == (1, 0)


def test_very_many_touches_are_looked_at_in_a_sample_of_whole_customers():
    people = [rows.customer() for _each in range(12)]
    for person in people:
        rows.touch(person, at=noon(4))
        rows.touch(person, at=noon(3))
    result = effect(house_terms(), house_terms(), now=NOW, most=8)
    own = Contact.objects.extra(where=["id %% 3 = 0"]).count()
    assert (result.every, result.customers, result.touches) == (3, own, 2 * own)
    assert result.now == result.then == own


def test_the_preview_saves_nothing_and_says_what_is_wrong(operator_client):
    person = rows.customer()
    now = timezone.now()
    for days in (2, 3):
        rows.touch(person, at=now - timedelta(days=days))
    address = page("reach-policy-preview")
    shown = operator_client.post(address, typed(gap_days=10, quiet_from="01:00"))
    assert shown.status_code == 200
    assert shown.context["effect"].touches == 2
    assert "1" in operator_client.post(address, typed(monthly_cap=0)).context["problem"]
    assert not PolicySettings.objects.exists()


# --- the calendar --------------------------------------------------------------------------------


def test_the_calendar_tells_used_reserved_and_left_of_a_segment(operator_client):
    now = timezone.now()
    today = timezone.localdate(now)
    PolicySettings.objects.create(pk=1, gap_days=2, white_share=0, total_cap=None)
    member = rows.staff()
    free, recent, silent = (rows.customer(member) for _each in range(3))
    Preference.objects.create(contact=silent, is_do_not_contact=True, updated_at=now)
    rows.touch(recent, at=now)
    rows.touch(free, at=now, touch_class="service")
    segment = rows.segment()
    ahead = rows.broadcast(
        segment=segment,
        window_start=now,
        window_end=now + timedelta(hours=1),
    )
    shown = operator_client.get(page("reach-calendar"), {"segment": segment.pk})
    assert shown.status_code == 200
    month, room = shown.context["month"], shown.context["month"].room
    assert (room.customers, room.out_of_reach, room.slots, room.used) == (3, 1, 8, 1)
    cells = {day.day: day for day in month.days}
    assert (cells[today].used, cells[today].room) == (1, 1)
    later = cells.get(today + timedelta(days=2))
    assert later is None or later.room == 2
    assert shown.context["listed"] is None
    asked = {"segment": segment.pk, "day": f"{today}"}
    listed = operator_client.get(page("reach-calendar"), asked).context["listed"]
    assert [(use.broadcast, use.number) for use in listed["uses"]] == [(None, 1)]
    assert [one.broadcast for one in listed["day"].reserved] == [ahead]


def test_the_calendar_names_the_times_of_recurring_broadcasts(operator_client):
    begins = timezone.localdate().replace(day=1) + timedelta(days=32)
    first = datetime.combine(begins.replace(day=3), time(10), SHANGHAI)
    daily = {"every": "day", "weekdays": [], "time": time(10), "until": time(12)}
    plan = rows.plan(next_at=first, **daily)
    rows.plan(next_at=first, touch_class="service", **daily)
    rows.plan(next_at=None, is_active=False, **daily)
    shown = operator_client.get(page("reach-calendar"), {"month": f"{begins:%Y-%m}"})
    days = {day.day.day: [one.plan for one in day.coming] for day in shown.context["month"].days}
    assert (days[2], days[3], days[28]) == ([], [plan], [plan])
    assert plan.get_absolute_url() in shown.content.decode()


@pytest.mark.parametrize("asked", [{"month": "x"}, {"month": "9999-99"}, {"segment": "x"}, {}])
def test_odd_questions_to_the_calendar_mean_this_month(operator_client, asked):
    shown = operator_client.get(page("reach-calendar"), asked)
    assert shown.context["month"].first == timezone.localdate().replace(day=1)
    assert shown.context["segment"] is None


def test_a_lead_sees_the_touches_of_her_own_customers_in_the_calendar(client):
    now = timezone.now()
    own, foreign = rows.staff(department_wecom_ids=[2]), rows.staff(department_wecom_ids=[3])
    mine, theirs = rows.customer(own), rows.customer(foreign)
    sent = rows.broadcast(created_by=build.operator())
    rows.touch(mine, at=now, broadcast=sent)
    rows.touch(theirs, at=now, broadcast=sent)
    client.force_login(build.operator(role=Role.LEAD, staff_userid=own.userid))
    month = client.get(page("reach-calendar")).context["month"]
    assert sum(day.used for day in month.days) == 1
    for day in ("all", f"{timezone.localdate(now)}"):
        (use,) = client.get(page("reach-calendar"), {"day": day}).context["listed"]["uses"]
        assert (use.broadcast, use.is_hidden, use.number) == (None, True, 1)
    assert client.get(page("reach-calendar"), {"day": "x"}).context["listed"] is None
