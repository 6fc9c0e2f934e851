"""The demo's world comes in through the API and the import alone, and whole."""

from __future__ import annotations

from urllib.request import urlopen

import orjson
import pytest
from django.core.management import call_command
from django.db.models import Count, Sum
from django.utils import timezone

from analytics.models import BroadcastEffect, SeriesEffect
from analytics.selectors.series_effects import kept
from analytics.selectors.standing_holdout import whole_effect
from analytics.services.broadcast_effects import measure_broadcasts
from analytics.services.series_effects import measure_series
from broadcasts.management.demo.materials import AUTUMN_PAGE, SAMPLER
from broadcasts.management.demo.messages import UNDER_WAY
from broadcasts.models import Batch, Broadcast, Journey, Material
from broadcasts.policy.holdout import is_standing
from broadcasts.selectors.cockpit import cockpit
from broadcasts.selectors.journey_figures import figures
from broadcasts.selectors.material_uses import use_counts
from broadcasts.selectors.policy import house_terms
from broadcasts.services import journey_tick, tick
from contacts.models import Contact, Department, Follow, Order, Product, Staff, Tag, TagGroup
from groups.models import GroupChat, GroupMember
from scrm.simulator import world
from tests.broadcasts.rows import deliver_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(corp, tmp_path):
    """A world of 400 people, synced over HTTP, its shop's orders imported; its own figures."""
    world.build(corp.state, contacts=400, seed=7, today=timezone.localdate())
    call_command("sync", "--full")
    export = tmp_path / "orders.csv"
    with urlopen(f"{corp.url}/sim/orders.csv") as answer:
        export.write_bytes(answer.read())
    call_command("import_orders", str(export), "--source", "demo-shop")
    with urlopen(f"{corp.url}/sim/state") as answer:
        return orjson.loads(answer.read())


def test_our_tables_hold_what_the_simulator_counts(demo):
    ours = {
        "contacts": Contact.objects.count(),
        "relations": Follow.objects.filter(status=Follow.Status.ACTIVE).count(),
        "departments": Department.objects.count(),
        "staff": Staff.objects.count(),
        "tag_groups": TagGroup.objects.count(),
        "tags": Tag.objects.count(),
        "groups": GroupChat.objects.count(),
        "group_members": GroupMember.objects.count(),
        "orders": Order.objects.count(),
        "paid_fen": Order.objects.aggregate(total=Sum("amount_fen"))["total"],
        "refunded_fen": Order.objects.aggregate(total=Sum("refunded_fen"))["total"],
    }
    assert ours == {name: demo[name] for name in ours}
    assert demo["contacts"] > 300


def test_the_pages_show_these_numbers(demo, operator_client):
    assert f"共 {demo['contacts']} 位客户" in operator_client.get("/contacts/").content.decode()
    assert str(demo["groups"]) in operator_client.get("/groups/").content.decode()


def test_its_past_shows_what_reports_are_for_and_changes_none_of_these_numbers(demo, operator):
    for _each in range(2):
        call_command("fill_demo")
    assert Broadcast.objects.filter(state="finished").count() == 8
    let_pass = Batch.objects.filter(confirmed_at=None)
    assert set(let_pass.values_list("state", "broadcast__stop_reason")) == {("cancelled", "window")}
    assert Product.objects.exclude(role="").count() == 8
    test_our_tables_hold_what_the_simulator_counts(demo)
    measure_broadcasts(now=timezone.now())
    sums = BroadcastEffect.objects.aggregate(Sum("clickers"), Sum("unfriended"))
    assert all(sums.values())
    assert measure_series(now=timezone.now()) == 1
    assert kept(SeriesEffect.objects.get()).compared.held_people > 20


def test_each_page_has_something_to_show_and_no_figure_contradicts_another(demo, operator):
    for _each in range(2):
        call_command("fill_demo")
    now = timezone.now()
    journey_tick.advance(now=now)
    running = Broadcast.objects.get(name=UNDER_WAY)
    opens = max(now, running.window_start)
    tick.tick(now=opens)
    deliver_all(now=opens)

    used = use_counts(Material.objects.exclude(folder=None))
    assert Material.objects.count() == 7
    assert {SAMPLER, AUTUMN_PAGE} < set(
        Material.objects.filter(pk__in=used).values_list("name", flat=True)
    )
    (ours,) = cockpit(operator, now=opens).running
    assert (ours.broadcast, ours.not_handed) == (running, 0)
    assert ours.waiting == ours.broadcast.chosen > 10
    funnel = figures(Journey.objects.get().version, operator)
    assert funnel.begun == funnel.open == funnel.steps["spent"].yes + funnel.steps["spent"].no > 10
    effect = whole_effect(days=90, now=now)
    assert effect.percent == 5
    assert effect.people > effect.held["orders"].n > 0

    terms = house_terms()
    for broadcast in Broadcast.objects.exclude(frozen_at=None):
        rows = dict(broadcast.recipients.values_list("state").annotate(Count("pk")))
        told = (broadcast.chosen, broadcast.held_out, broadcast.excluded)
        assert told == tuple(rows.get(state, 0) for state in ("chosen", "held_out", "excluded"))
        for reached in broadcast.recipients.filter(state="chosen"):
            assert not is_standing(terms, reached.contact_id)
