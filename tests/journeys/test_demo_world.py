"""The demo's world comes in through the API and the import alone, and whole."""

from __future__ import annotations

from datetime import date
from urllib.request import urlopen

import orjson
import pytest
from django.core.management import call_command
from django.db.models import Sum
from django.utils import timezone

from analytics.models import BroadcastEffect, SeriesEffect
from analytics.selectors.series_effects import kept
from analytics.services.broadcast_effects import measure_broadcasts
from analytics.services.series_effects import measure_series
from broadcasts.models import Batch, Broadcast
from contacts.models import Contact, Department, Follow, Order, Product, Staff, Tag, TagGroup
from groups.models import GroupChat, GroupMember
from scrm.simulator import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(corp, tmp_path):
    """A world of 400 people, synced over HTTP, its shop's orders imported; its own figures."""
    world.build(corp.state, contacts=400, seed=7, today=date(2026, 11, 1))
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
        call_command("demo_content")
        call_command("demo_history")
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
