"""What recurring broadcasts and journeys brought as a whole, against the same counted by hand."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from analytics.metrics.moments import Moments
from analytics.metrics.uplift import Verdict
from analytics.models import SeriesCost, SeriesEffect
from analytics.selectors.series_effects import kept, shown_series
from analytics.selectors.series_report import Series, series_report
from analytics.services.broadcast_effects import set_cost
from analytics.services.series_effects import measure_series, set_series_cost
from broadcasts.models import Broadcast, PolicySettings
from broadcasts.policy.holdout import bucket
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from tests import build
from tests.analytics.building import NOW, contacts
from tests.analytics.effect_rows import FIXED, bought, clicked, forecast_of, left, recipients
from tests.analytics.series_rows import group_plan, sent_by, sent_in, to_groups, walked
from tests.broadcasts import rows as broadcast_rows
from tests.broadcasts.journey_rows import send, wait
from tests.contacts import rows

pytestmark = pytest.mark.django_db

WEEK = timedelta(days=7)


def read(row, *, days=14, now=NOW):
    return series_report(Series(row), days=days, now=now)


def of_plan(*, fixed=FIXED, treated=400, held=100, **overrides):
    """A plan that sent twice, a week apart: the second time to everybody of the first, and to 100
    new customers.
    """
    plan = broadcast_rows.plan(**overrides)
    first = sent_by(plan, treated=treated, held=held, fixed=fixed)
    new = contacts(80)
    again = [*first.people[10:], *first.kept, *new]
    second = sent_by(
        plan, people=again, kept=[*first.people[:10], *contacts(20)], fixed=fixed + WEEK
    )
    Broadcast.objects.filter(plan=plan).update(holdout_percent=20)
    plan.first, plan.second, plan.new = first, second, new
    plan.kept = [*first.kept, *second.kept[10:]]
    plan.people = [*first.people, *new]
    return plan


def planted(plan):
    """Orders of some of its customers; by customer what counts of them: within 14 days of her first
    message, since then, and in the time before.
    """
    random = np.random.default_rng(2)
    within, since, before = (
        dict.fromkeys((person.pk for person in [*plan.people, *plan.kept]), 0.0) for _of in range(3)
    )
    # Days after the first fixing; who came the second time has her window a week later.
    late = {person.pk for person in [*plan.new, *plan.second.kept[10:]]}
    buyers = [*plan.people[:150], *plan.new[:30], *plan.kept[:15], *plan.second.kept[10:]]
    for person in buyers:
        begins = 7 if person.pk in late else 0
        for after in (-20, 3, 10, 16):
            fen = int(random.integers(1_000, 9_000))
            bought([person], after=after, fen=fen)
            for counted, is_it in (
                (within, begins <= after < begins + 14),
                (since, begins <= after),
                (before, begins - 90 <= after < begins),
            ):
                counted[person.pk] += fen * is_it
    return within, since, before


def assert_sums(arms, plan, outcome, before):
    """Of `arms`, what those written to and those held out add up to; single ones up to the cap."""
    cap, earlier = (
        np.quantile([fen for fen in of.values() if fen], 0.99, method="inverted_cdf")
        for of in (outcome, before)
    )
    for sums, people in zip(arms, (plan.people, plan.kept), strict=True):
        by_hand = Moments.of(
            np.minimum([outcome[person.pk] for person in people], cap),
            np.minimum([before[person.pk] for person in people], earlier),
        )
        for name in ("n", "mean", "squares", "x_mean", "x_squares", "products", "events"):
            assert getattr(sums, name) == pytest.approx(getattr(by_hand, name)), name


def test_everybody_counts_once_in_her_first_arm_from_her_first_message_on():
    plan = of_plan()
    within, since, before = planted(plan)
    found = read(plan)
    arms = found.compared
    assert (arms.draw, arms.people, arms.held_people, arms.waiting) == ("sends", 480, 120, 0)
    assert_sums((arms.treated["revenue"], arms.held["revenue"]), plan, within, before)
    last = arms.course[-1]
    assert last[:2] == (14, pytest.approx(sum(within[p.pk] for p in plan.people) / 480))
    assert last[2] == pytest.approx(sum(within[p.pk] for p in plan.kept) / 120)
    # The value of the same people is all they bought since, and what is expected of them.
    assert found.worth is None
    for expected, people in ((7_000, plan.people[100:300]), (4_000, plan.kept[10:40])):
        forecast_of(people, expected)
        for person in people:
            since[person.pk] += expected
    for days in (7, 14):
        worth = read(plan, days=days).compared.worth
        assert_sums((worth.treated, worth.held), plan, since, before)


def test_the_funnel_counts_people_once_and_each_order_after_the_last_message_before_it():
    plan = of_plan()
    both = plan.first.people[20]
    clicked(plan.first, [both])
    clicked(plan.second, [both, plan.new[0]])
    left(plan.second, both)
    bought([both], after=8, fen=3_000, refunded_fen=1_000)
    bought([both], after=-1)
    bought([plan.new[0]], after=40)
    found = read(plan)
    whole = found.funnel
    assert (whole.planned, whole.executed, whole.delivered) == (580, 580, 580)
    assert (whole.clickers, whole.buyers, whole.orders, whole.net_fen) == (2, 1, 1, 2_000)
    assert (whole.unfriended, found.messages, found.sent.broadcasts) == (1, 970, 2)


def test_whose_days_are_not_over_waits():
    plan = of_plan(fixed=NOW - timedelta(days=16))
    arms = read(plan).compared
    assert (arms.people, arms.held_people, arms.waiting) == (400, 100, 100)
    arms = read(plan, days=30).compared
    assert (arms.draw, arms.people, arms.waiting) == ("sends", 0, 600)


def test_a_journey_is_compared_with_the_standing_hold_out():
    drawn = FIXED - timedelta(days=30)
    journey = walked(
        send("hello", title="Hello", touch_class="light"),
        wait(),
        send("again", touch_class="light"),
    )
    everybody = contacts(200)
    assert read(journey).revenue.verdict is Verdict.NO_HOLDOUT
    PolicySettings.objects.create(
        standing_percent=20, standing_salt="salt", standing_since=drawn, updated_at=NOW
    )
    held = [person for person in everybody if bucket("salt", person.pk) < 20]
    others = [person for person in everybody if person not in held]
    first = sent_in(journey, people=others[:-5])
    # Left out by a cap: written to as far as the draw goes; not a friend any more: in neither arm.
    recipients(first, others[-5:-1], state="excluded", reason="cap")
    recipients(first, others[-1:], state="excluded", reason="not_friend")
    recipients(first, held, state="excluded", reason="global_holdout")
    second = sent_in(journey, "again", people=others[:10], fixed=FIXED + timedelta(days=2))
    sent_in(journey, people=contacts(3), touch_class="service", fixed=FIXED + WEEK)
    bought(others[:100], after=1)
    bought(others[:10], after=3)
    bought(held[:4], after=1)
    clicked(second, others[:2])
    forecast_of([others[110], *held[:2]], 8_000)
    found = read(journey)
    arms = found.compared
    assert (arms.draw, arms.people, arms.held_people) == (
        "standing",
        len(others) - 1,
        len(held),
    )
    assert found.revenue.treated_mean == pytest.approx(1_100_000 / (len(others) - 1))
    assert found.revenue.held_mean == pytest.approx(40_000 / len(held))
    assert found.worth.treated_mean == pytest.approx(1_108_000 / (len(others) - 1))
    assert found.worth.held_mean == pytest.approx(56_000 / len(held))
    parts = {key: (one.delivered, one.buyers, one.net_fen) for key, one in found.parts.items()}
    assert parts == {
        "hello": (len(others) - 5 + 3, 100, 1_000_000),
        "again": (10, 10, 100_000),
    }
    assert (found.parts["hello"].clickers, found.parts["again"].clickers) == (None, 2)
    assert found.funnel.net_fen == 1_100_000


def test_groups_count_once_with_their_members_of_that_moment():
    plan, owner, chats, people = group_plan(), rows.staff(), [], []
    for place in range(8):
        inside = contacts(place + 2)
        people.append(inside)
        chat = broadcast_rows.chat(owner, *inside)
        chat.members.update(joined_at=FIXED - timedelta(days=1))
        chats.append(chat)
    to_groups(plan, [(chat, place % 2 == 0) for place, chat in enumerate(chats[:6])])
    to_groups(plan, [(chat, True) for chat in chats[1:7]] + [(chats[7], False)], fixed=FIXED + WEEK)
    bought(people[0][:1] + people[2][:2] + people[6][:1], after=8)
    bought(people[6][:1], after=3)
    forecast_of(people[4][:2], 5_000)
    forecast_of(people[1][:1], 3_000)
    arms = read(plan).compared
    assert (arms.draw, arms.treated["revenue"].n, arms.held["revenue"].n) == ("groups", 4, 4)
    assert (arms.people, arms.held_people) == (2 + 4 + 6 + 8, 3 + 5 + 7 + 9)
    assert arms.treated["revenue"].mean == pytest.approx(40_000 / 20)
    assert (arms.worth.treated.n, arms.worth.held.n) == (4, 4)
    assert arms.worth.treated.mean == pytest.approx(50_000 / 20)
    assert arms.worth.held.mean == pytest.approx(3_000 / 24)


def test_the_clock_keeps_what_the_page_shows(operator):
    plan = of_plan()
    broadcast_rows.plan(name="Never sent")
    bought([*plan.people[:200], *plan.kept[:20]])
    assert measure_series(now=NOW) == 1
    assert measure_series(now=NOW + timedelta(hours=5)) == 0
    effect = SeriesEffect.objects.get()
    assert kept(effect, days=30) == read(plan, days=30)
    assert kept(effect, days=90) is None
    Broadcast.objects.filter(pk=plan.first.pk).update(chosen=30_000)
    assert shown_series(Series(plan), days=90, now=NOW) is None
    assert measure_series(now=NOW + timedelta(hours=7)) == 1
    later = NOW + timedelta(hours=7)
    assert shown_series(Series(plan), days=90, now=later) == read(plan, days=90, now=later)


def test_what_was_measured_without_the_value_of_customers_is_read_and_measured_again():
    plan = of_plan(treated=40, held=10)
    bought(plan.people[:4])
    measure_series(now=NOW)
    # As an older version wrote it.
    effect = SeriesEffect.objects.get()
    del effect.windows["30"]["compared"]["worth"]
    effect.save()
    assert kept(effect) == read(plan, days=30)
    assert measure_series(now=NOW) == 0
    forecast_of(plan.people[:4], 7_000)
    assert kept(effect).worth is None
    assert measure_series(now=NOW) == 1
    assert measure_series(now=NOW) == 0
    found = kept(SeriesEffect.objects.get())
    assert found == read(plan, days=30)
    assert found.compared.worth is not None


@pytest.fixture
def page(operator_client):
    operator_client.cookies["django_language"] = "en"

    def shown(path):
        response = operator_client.get(path)
        assert response.status_code == 200
        return " ".join(response.content.decode().split())

    return shown


def test_the_pages_say_it_to_whom_it_is_for(page, operator_client, operator, client):
    now = timezone.now()
    assert "has sent anything yet" in page("/series-effects/")
    walked(send("hello", title="Never sent"))
    assert "has sent anything yet" in page("/series-effects/")
    journey = walked(send("hello", title="Hello"))
    assert "It has sent nothing yet." in page(f"/journeys/{journey.pk}/effect/")
    plan = of_plan(fixed=now - timedelta(days=50))
    bought([*plan.people[:300], *plan.kept[:20]], since=now - timedelta(days=49))
    sent_in(journey, fixed=now - timedelta(days=40), treated=5)
    path = f"/broadcast-plans/{plan.pk}/effect/"
    set_cost(broadcast=plan.first, amount_fen=50_000, margin_percent=40, operator=operator, now=now)
    operator_client.post(f"{path}cost/", {"amount": "500", "margin": "60"})
    assert SeriesCost.objects.get().amount_fen == 50_000
    assert AuditEntry.objects.filter(action="broadcast_plan.set_cost").exists()
    text = page(path)
    assert "480 customers were written to, 120 were kept from it" in text
    assert "It brought more" in text
    assert "The models need more orders" in text
    # The message made 280 customers order who are expected to order for twice as much again.
    forecast_of([*plan.people[:300], *plan.kept[:20]], 20_000)
    text = page(path)
    assert "Bought since and expected in 365 days" in text
    assert text.count("It brought more") == 4
    assert "¥66,000.00" in text
    assert "at a cost of ¥1,000.00" in text
    assert "counted by the clock" in page("/series-effects/")
    measure_series(now=now)
    text = page("/series-effects/")
    assert f'href="{path}"' in text
    assert "¥66,000.00" in text
    assert f'href="/journeys/{journey.pk}/effect/"' in text
    assert "No hold-out" in text
    text = page(f"/journeys/{journey.pk}/effect/")
    assert "Message by message" in text
    assert "its share is set in the reach rules" in text
    for address in (
        f"{path}effect-days.csv",
        f"/journeys/{journey.pk}/effect/effect-funnel.csv",
        "/series-effects/series-effects.csv",
    ):
        body = b"".join(operator_client.get(address).streaming_content).decode("utf-8-sig")
        header, *rows = csv.reader(io.StringIO(body))
        assert rows
        assert all(len(row) == len(header) for row in rows)
    lead = build.operator(role=Role.LEAD)
    client.force_login(lead)
    assert client.get(path).status_code == 404
    assert client.get(f"/journeys/{journey.pk}/effect/").status_code == 404
    assert path not in client.get("/series-effects/").content.decode()


def test_a_cost_can_be_taken_out_again(operator):
    journey = Series(walked())
    for fen in (100, None):
        set_series_cost(
            series=journey, amount_fen=fen, margin_percent=100, operator=operator, now=NOW
        )
    assert not SeriesCost.objects.exists()
    assert AuditEntry.objects.filter(action="journey.set_cost").count() == 2
