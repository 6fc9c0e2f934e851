"""Figures of many customers, worked out before somebody asks."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from analytics.board.figures import BeingWorkedOut, Figures
from analytics.models import KeptAnswer
from analytics.periods import COMPARISONS, PRESETS, asked_period
from analytics.selectors.kept import FORMS
from analytics.selectors.parts import Part, whole
from analytics.selectors.scope import EVERYBODY
from analytics.selectors.today import Today
from analytics.services.keep import ask_for, keep_current, work_out
from analytics.services.refresh import rebuild_metrics
from contacts.models import Staff
from contacts.services.segments import update_segment
from tests import build
from tests.analytics.building import NOW, TODAY, contact, contacts, follow, order, orders, shop

pytestmark = pytest.mark.django_db

MANY = Part("all", "", EVERYBODY, is_large=True)


def test_an_answer_worked_out_beforehand_is_the_one_that_is_read_at_once():
    shop(60)
    anna = Staff.objects.create(userid="anna", name="Anna")
    for customer in contacts(3):
        follow(anna, customer)
    rebuild_metrics(now=NOW)
    names = [
        name for name, kind in vars(Today).items() if hasattr(kind, "func") and name != "today"
    ]
    figures = Figures(now=NOW, part=MANY)
    for name in names:
        with pytest.raises(BeingWorkedOut):
            figures.source.of_today(name)
    with pytest.raises(BeingWorkedOut):
        _ = figures.current
    past = asked_period({"to": f"{TODAY - timedelta(days=30)}"}, today=TODAY)
    with pytest.raises(BeingWorkedOut):
        _ = Figures(now=NOW, part=MANY, asked=past).rfm
    waiting = KeptAnswer.objects.filter(part="all")
    assert {row.name for row in waiting} == {*names, "sums"}
    assert all(work_out(answer_id=row.pk, now=NOW) for row in waiting)
    read = Figures(now=NOW)
    figures = Figures(now=NOW, part=MANY)
    for name in names:
        kept, now = figures.source.of_today(name), read.source.of_today(name)
        assert FORMS.write(kept) == FORMS.write(now), name
    assert figures.current == read.current
    assert Figures(now=NOW, part=MANY, asked=past).rfm == Figures(now=NOW, asked=past).rfm
    assert figures.as_of == NOW


def test_an_old_answer_is_shown_with_its_age_while_a_newer_one_is_worked_out():
    shop(10)
    rebuild_metrics(now=NOW)
    row = ask_for(part="all", name="overview", period=None, now=NOW)
    assert work_out(answer_id=row.pk, now=NOW)
    assert not work_out(answer_id=row.pk, now=NOW)
    orders(order(contact(), TODAY, 12_300))
    rebuild_metrics(now=NOW)
    later = NOW + timedelta(minutes=11)
    figures = Figures(now=later, part=MANY)
    old = figures.overview
    assert figures.as_of == NOW
    KeptAnswer.objects.get(pk=row.pk, asked_at=later)
    assert work_out(answer_id=row.pk, now=later)
    assert Figures(now=later, part=MANY).overview.net_fen == old.net_fen + 12_300
    # What another version of the program wrote is worked out again.
    KeptAnswer.objects.filter(pk=row.pk).update(value={"$": "Overview", "v": {"customers": 1}})
    with pytest.raises(BeingWorkedOut):
        _ = Figures(now=later, part=MANY).overview
    keep_current(now=later + timedelta(days=8))
    assert not KeptAnswer.objects.exists()


def test_a_segment_whose_rule_changed_meanwhile_is_not_worked_out_by_the_old_one(two_shops):
    key = f"segment:{two_shops.pk}.{two_shops.version}"
    row = ask_for(part=key, name="overview", period=None, now=NOW)
    assert work_out(answer_id=row.pk, now=NOW)
    assert Figures(now=NOW, part=Part(key, "", None, is_large=True)).overview.buyers == 3
    later = NOW + timedelta(hours=1)
    update_segment(
        segment_id=two_shops.pk,
        version=two_shops.version,
        name="Other",
        rule={"all": []},
        now=later,
    )
    assert not work_out(answer_id=row.pk, now=later)
    assert not KeptAnswer.objects.filter(pk=row.pk).exists()


def test_a_small_shop_keeps_nothing_and_waits_for_nobody(two_shops, operator_client):
    operator_client.get("/analytics/?compare=previous")
    assert keep_current(now=timezone.now()) == 0
    assert not KeptAnswer.objects.exists()
    assert not whole(build.operator()).is_large


def test_whatever_the_pages_of_a_large_shop_offer_is_there_before_anybody_asks():
    shop(10)
    rebuild_metrics(now=NOW)
    queued = keep_current(now=NOW, large=2)
    offered = KeptAnswer.objects.all()
    assert queued == len(offered) > 30
    for row in offered:
        assert work_out(answer_id=row.pk, now=NOW)
    for preset, compare in product(PRESETS, COMPARISONS):
        asked = asked_period({"preset": preset, "compare": compare}, today=TODAY)
        figures = Figures(now=NOW, part=MANY, asked=asked)
        assert figures.current.first_on == asked.period.first_on
        assert (figures.before is None) == (asked.before is None)
        assert (figures.rfm_before is None) == (asked.before is None)
    assert len(offered) == KeptAnswer.objects.count()
    # What nobody looks at is worked out once a day, and its days come to an end.
    assert keep_current(now=NOW + timedelta(hours=1), large=2) == 0
    tomorrow = NOW + timedelta(days=1, hours=1)
    assert keep_current(now=tomorrow, large=2) >= len(Today.names())
    assert Figures(now=tomorrow, part=MANY).overview.buyers


def test_a_page_that_waits_is_not_queued_again_each_time_it_looks():
    row = ask_for(part="all", name="overview", period=None, now=NOW)
    ask_for(part="all", name="overview", period=None, now=NOW + timedelta(seconds=4))
    assert KeptAnswer.objects.get(pk=row.pk).asked_at == NOW
    later = NOW + timedelta(minutes=1)
    ask_for(part="all", name="overview", period=None, now=later)
    assert KeptAnswer.objects.get(pk=row.pk).asked_at == later
