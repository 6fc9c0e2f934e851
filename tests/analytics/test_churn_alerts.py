"""Whom the alerts choose, whom they leave out and why, and what becomes of an alert."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analytics.metrics.unfriend_hazard import FEW_UNANSWERED, MANY_UNANSWERED
from analytics.models import ChurnAlert, ChurnAlertRun, ContactMetrics
from analytics.selectors.alert_settings import AlertRules, alert_rules
from analytics.selectors.alert_standing import Standing, explain_alert
from analytics.services.alert_choice import choose_alerts, choose_if_due, preview
from analytics.services.alert_upkeep import expire_alerts, record_outcomes
from analytics.services.alerts import (
    AlertClosed,
    close_alert,
    give_alert_task,
    set_alert_rules,
)
from broadcasts.models import OperatorNotice, PolicySettings, Touch
from contacts.models import Contact, Follow, Preference, Staff, StaffTask
from contacts.services.facts import rebuild_facts
from scrm.audit.models import AuditEntry
from scrm.errors import InvalidInput
from tests import build
from tests.analytics.alert_rows import NOW, TODAY, alert, buyer, fitted, run
from tests.contacts import rows

pytestmark = pytest.mark.django_db

# Of a hundred friends in each kind two unfriend, but fifty of those with many unanswered messages.
HAZARDS = [[3, 0, 9_000, 90], [3, MANY_UNANSWERED, 2_000, 400], [3, FEW_UNANSWERED, 500, 5]]


def hazards_counted():
    """Yesterday's choice had counted the hazards above."""
    before = run(day=TODAY - timedelta(days=1))
    before.hazards, before.hazards_on = HAZARDS, before.day
    before.save()


def chosen(**rules):
    """Today's choice with these rules; the hazards are those above."""
    fitted()
    hazards_counted()
    if rules:
        set_alert_rules(rules=with_(**rules), operator=None, now=NOW)
    rebuild_facts()
    return choose_alerts(now=NOW)


def with_(**rules):
    usual = alert_rules()
    names = AlertRules.__dataclass_fields__
    return AlertRules(**{name: rules.get(name, getattr(usual, name)) for name in names})


def standing(person):
    return explain_alert(Contact.objects.get(pk=person.pk), now=NOW).standing


def messages(person, number, *, days_ago=10, **overrides):
    Touch.objects.bulk_create(
        Touch(
            contact=person,
            channel="group",
            touch_class="light",
            at=NOW - timedelta(days=days_ago + place),
            **overrides,
        )
        for place in range(number)
    )


def world():
    """One customer for each way the choice may go; by name."""
    anna = rows.staff(name="Anna")
    gone_staff = rows.staff(name="Gone", status=Staff.Status.LEFT)
    people = {
        "alerted": buyer(anna, name="leaves her rhythm"),
        "steady": buyer(anna, name="keeps her rhythm", gap=10),
        "new": buyer(anna, name="quick but recent", gap=5, usual=2),
        "gone": buyer(anna, name="long away", gap=130),
        "dead": buyer(anna, name="hardly alive", p_alive=0.04),
        "poor": buyer(anna, name="little value", value_fen=1_500),
        "handled": buyer(anna, name="alerted lately"),
        "open": buyer(anna, name="alerted and open"),
        "paused": buyer(anna, name="asked for a pause"),
        "asked": buyer(anna, name="do not contact"),
        "left_behind": buyer(gone_staff, name="her staff left"),
        "pressed": buyer(anna, name="pressed", gap=40, usual=60, value_fen=90_000),
        "lost": buyer(anna, name="no friend", relation="lost", lost_at=NOW),
        "unknown": buyer(anna, name="no forecast"),
    }
    Follow.objects.filter(contact=people["lost"]).update(status="by_contact", ended_at=NOW)
    ContactMetrics.objects.filter(pk=people["unknown"].pk).update(
        **dict.fromkeys(
            [
                *("p_alive", "expected_orders", "predicted_fen"),
                *("predicted_low_fen", "predicted_high_fen", "predicted_at"),
            ]
        )
    )
    Preference.objects.create(
        contact=people["paused"], pause_until=NOW + timedelta(days=3), updated_at=NOW
    )
    Preference.objects.create(contact=people["asked"], is_do_not_contact=True, updated_at=NOW)
    yesterday = TODAY - timedelta(days=1)
    alert(people["open"], anna, day=yesterday)
    alert(people["handled"], anna, day=yesterday, state="dismissed")
    messages(people["pressed"], 4)
    return people


EXPECTED = {
    "alerted": Standing.ALERTED,
    "steady": Standing.NO_SIGN,
    "new": Standing.NO_SIGN,
    "gone": Standing.GONE,
    "dead": Standing.GONE,
    "poor": Standing.LITTLE_VALUE,
    "handled": Standing.HANDLED,
    "open": Standing.ALERTED,
    "paused": Standing.RESTING,
    "asked": Standing.RESTING,
    "left_behind": Standing.ALERTED,
    "pressed": Standing.ALERTED,
    "lost": Standing.NOT_A_FRIEND,
    "unknown": Standing.NO_FORECAST,
}


def test_the_choice_and_the_explanation_agree_on_every_customer():
    people = world()
    made = chosen()
    assert (made.made, made.considered) == (3, 10)
    assert made.excluded == {
        "gone": 2,
        "little_value": 1,
        "open": 1,
        "handled": 1,
        "resting": 2,
    }
    assert {name: standing(person) for name, person in people.items()} == EXPECTED
    today = dict(ChurnAlert.objects.filter(day=TODAY).values_list("contact__name", "action"))
    assert today == {
        "leaves her rhythm": "coupon",
        "her staff left": "hand_over",
        "pressed": "rest",
    }
    found = ChurnAlert.objects.get(contact=people["alerted"], day=TODAY)
    assert (found.kind, found.risk, found.value_fen, found.loss_fen) == (
        *("inactive", 0.5),
        *(40_000, 20_000),
    )
    assert found.reasons == [
        {"reason": "silent", "numbers": {"gap": 60, "limit": 45}},
        {"reason": "overdue", "numbers": {"gap": 60, "usual": 20}},
    ]
    pressed = ChurnAlert.objects.get(contact=people["pressed"])
    assert pressed.kind == "unfriended"
    assert pressed.reasons[0] == {"reason": "pressed", "numbers": {"touches": 4, "days": 30}}


def test_a_day_is_chosen_once_however_often_it_is_asked_for():
    buyer(rows.staff())
    assert chosen().made == 1
    assert choose_alerts(now=NOW + timedelta(hours=5)) is None
    assert ChurnAlertRun.objects.filter(day=TODAY).count() == 1


def test_the_budget_holds_for_each_staff_member_and_keeps_the_most_valuable():
    anna, zoe = rows.staff(), rows.staff()
    for value in (20_000, 60_000, 40_000):
        buyer(anna, value_fen=value)
    buyer(zoe, value_fen=10_000)
    made = chosen(budget=2)
    assert made.excluded == {"over_budget": 1}
    kept = ChurnAlert.objects.filter(staff=anna).order_by("-loss_fen")
    assert [one.loss_fen for one in kept] == [60_000, 40_000]
    assert ChurnAlert.objects.filter(staff=zoe).count() == 1


def test_a_preview_says_what_a_choice_would_make_and_writes_nothing():
    anna = rows.staff()
    for value in (20_000, 60_000, 40_000):
        buyer(anna, value_fen=value)
    made = chosen()
    found = preview(with_(budget=1, least_loss_fen=30_000), now=NOW)
    assert (found.made, found.staff, found.considered) == (1, 1, 3)
    assert found.excluded == {"little_value": 1, "over_budget": 1}
    assert ChurnAlert.objects.filter(run=made).count() == 3


def test_who_was_written_to_yesterday_waits_unless_rest_is_the_advice():
    anna = rows.staff()
    gap, pressed = buyer(anna), buyer(anna)
    messages(pressed, 3)
    yesterday = {"channel": "private", "touch_class": "light", "at": NOW - timedelta(days=1)}
    for person in (gap, pressed):
        Touch.objects.create(contact=person, **yesterday)
    assert chosen().excluded == {"resting": 1}
    assert ChurnAlert.objects.get().contact == pressed
    assert standing(gap) == Standing.RESTING


def test_nobody_is_chosen_on_a_rest_day_or_before_a_forecast():
    buyer(rows.staff())
    rebuild_facts()
    assert choose_alerts(now=NOW) is None
    assert preview(alert_rules(), now=NOW).nothing == "no_forecast"
    PolicySettings.objects.create(rest_weekdays=[TODAY.isoweekday()])
    assert (chosen().nothing, ChurnAlert.objects.count()) == ("rest_day", 0)


def test_the_choice_waits_for_the_morning_and_for_the_nights_fit():
    fitted()
    early = NOW.replace(hour=20) - timedelta(days=1)  # 04:00 in Shanghai
    assert choose_if_due(now=early) is None
    at_six = early + timedelta(hours=2)
    assert choose_if_due(now=at_six + timedelta(days=1)) is None
    assert choose_if_due(now=at_six + timedelta(days=1, hours=2)).made == 0


def test_staff_get_one_message_a_day_with_all_their_customers():
    anna, gone = rows.staff(name="Anna"), rows.staff(status=Staff.Status.LEFT)
    names = [buyer(anna, name=f"Friend {number}.").name for number in range(7)]
    buyer(gone)
    assert chosen(tells_staff=True).made == 8
    [notice] = OperatorNotice.objects.all()
    assert notice.receivers == [anna.userid]
    assert sum(name in notice.text for name in names) == 5
    assert "¥1,400.00" in notice.text


def test_hazards_are_counted_from_what_customers_did():
    anna = rows.staff()
    fitted()
    for number in range(6):
        stays = buyer(anna, gap=100)
        leaves = buyer(anna, gap=100)
        messages(leaves, 4, days_ago=32)
        leaves.follows.update(status="by_contact", ended_at=NOW - timedelta(days=20 + number % 2))
        assert stays.pk
    rebuild_facts()
    made = choose_alerts(now=NOW)
    left = {(age, pressure): gone for age, pressure, _n, gone in made.hazards if gone}
    assert left == {(3, MANY_UNANSWERED): 6}
    assert made.hazards_on == TODAY


def test_an_alert_is_closed_once_and_by_one():
    one, operator = alert(rows.contact(), rows.staff()), build.operator()
    closing = {"alert_id": one.pk, "operator": operator, "now": NOW}
    with pytest.raises(InvalidInput):
        close_alert(state="done", note="x" * 201, **closing)
    close_alert(state="done", note=" called\0 her ", **closing)
    assert close_alert(state="done", note="again", **closing).note == "called her"
    with pytest.raises(AlertClosed):
        close_alert(state="dismissed", note="", **closing)
    assert AuditEntry.objects.get().action == "churn_alert.done"


def test_a_task_of_an_alert_is_given_once_to_her_staff():
    anna, operator = rows.staff(), build.operator()
    person = rows.contact()
    rows.follow(person, anna)
    one = alert(person, anna)
    giving = {
        "alert_id": one.pk,
        "text": "Call her",
        "due_on": TODAY,
        "operator": operator,
        "now": NOW,
    }
    assert give_alert_task(**giving) == give_alert_task(**giving)
    assert StaffTask.objects.get().staff == anna
    stranger = alert(rows.contact(), anna)
    with pytest.raises(InvalidInput):
        give_alert_task(**{**giving, "alert_id": stranger.pk})


def test_what_she_did_within_thirty_days_is_noted():
    anna, made_at = rows.staff(), NOW - timedelta(days=40)
    cases = {
        "ordered": 12,
        "late": 35,
        "unfriended": 5,
        "nothing": None,
        "before": -1,
    }
    kept = {}
    for name, days in cases.items():
        person = rows.contact(name=name)
        relation = rows.follow(person, anna)
        day = TODAY - timedelta(days=40)
        kept[name] = alert(person, anna, day=day, made_at=made_at, state="done")
        if days is None:
            continue
        at = made_at + timedelta(days=days)
        if name == "unfriended":
            Follow.objects.filter(pk=relation.pk).update(status="by_contact", ended_at=at)
        else:
            rows.order(person, paid_at=at)
    fresh = alert(rows.contact(), anna)
    assert record_outcomes(now=NOW) == 5
    assert record_outcomes(now=NOW) == 0
    found = {name: ChurnAlert.objects.get(pk=one.pk).outcome for name, one in kept.items()}
    assert found == {
        "ordered": "ordered",
        "late": "neither",
        "unfriended": "unfriended",
        "nothing": "neither",
        "before": "neither",
    }
    fresh.refresh_from_db()
    assert (fresh.outcome, fresh.outcome_on) == ("", None)


def test_alerts_expire_when_nobody_comes_or_she_does():
    anna = rows.staff()
    old = alert(rows.contact(), anna, day=TODAY - timedelta(days=7))
    fresh = alert(rows.contact(), anna, day=TODAY - timedelta(days=6))
    back = rows.contact()
    alert(back, anna, day=TODAY - timedelta(days=1), made_at=NOW - timedelta(days=1))
    rows.order(back, paid_at=NOW - timedelta(hours=2))
    record_outcomes(now=NOW)
    assert expire_alerts(now=NOW) == 2
    old.refresh_from_db()
    assert (old.state, old.closed_by) == ("expired", None)
    assert ChurnAlert.objects.get(state="open") == fresh


def test_rules_have_their_bounds():
    with pytest.raises(InvalidInput) as refused:
        set_alert_rules(rules=with_(budget=201), operator=None, now=NOW)
    assert refused.value.field == "budget"


def test_the_choice_takes_the_same_few_statements_however_many_customers(
    django_assert_max_num_queries,
):
    anna = rows.staff()
    for _each in range(12):
        buyer(anna)
    fitted()
    hazards_counted()
    rebuild_facts()
    with django_assert_max_num_queries(30):
        assert choose_alerts(now=NOW).made == 10
