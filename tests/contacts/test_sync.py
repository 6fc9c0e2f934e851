"""The walk over WeCom's lists, against the simulator over HTTP."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from contacts.models import (
    Contact,
    ContactEvent,
    ContactFacts,
    Department,
    Follow,
    FollowTag,
    Order,
    Staff,
    SyncSeen,
    Tag,
)
from contacts.services.sync.due import due_run
from contacts.services.sync.runs import (
    SyncInterrupted,
    SyncIsRunning,
    cancel_run,
    resume_run,
    start_run,
    walk,
)
from contacts.services.sync.statistics import keep_planner_informed
from scrm.ratelimit.store import client
from scrm.wecom.models import SyncGap, SyncRun
from tests.contacts import rows

pytestmark = pytest.mark.django_db


def synced(*, full=False, **options):
    run = start_run(is_full=full, now=timezone.now(), **options)
    return walk(run_id=run.pk, clock=timezone.now, wait=lambda _seconds: None)


@pytest.fixture
def shop(corp):
    """Two departments, three staff, three customers, one of them with two friends."""
    state = corp.state
    hour_ago = state.clock.now() - timedelta(hours=1)
    state.add_department(2, "Counter")
    state.add_staff("wang", "Wang", departments=(2,))
    state.add_staff("li", "Li", departments=(1, 2))
    state.add_staff("office", "Office", follows=False)
    for name in ("anna", "bella", "clara"):
        state.add_contact(f"wm-{name}", name=name.title(), unionid=f"union-{name}", gender=2)
        state.follow("wang", f"wm-{name}", at=hour_ago, state="counter")
    state.follow("li", "wm-anna", at=hour_ago + timedelta(minutes=5), add_way=16)
    group = state.add_tag_group("Level", tags=["gold", "silver"])
    state.mark("li", "wm-anna", group.tag_id("gold"))
    return corp


def test_the_first_sync_brings_everything(shop):
    run = synced(full=True)
    assert (run.state, run.errors) == ("done", [])
    assert set(Department.objects.values_list("name", flat=True)) >= {"Counter"}
    assert set(Staff.objects.filter(is_following=True).values_list("userid", flat=True)) == {
        "wang",
        "li",
    }
    assert Staff.objects.get(userid="li").department_wecom_ids == [1, 2]
    assert Contact.objects.count() == 3
    assert Follow.objects.filter(status="active").count() == 4
    anna = Contact.objects.get(external_userid="wm-anna")
    assert (anna.name, anna.unionid, anna.gender, anna.relation) == (
        "Anna",
        "union-anna",
        2,
        "friend",
    )
    facts = anna.facts
    assert facts.tag_ids == [Tag.objects.get(name="gold").pk]
    assert len(facts.staff_ids) == 2
    assert sorted(facts.add_ways) == [1, 16]
    assert facts.first_followed_at < facts.last_followed_at
    assert ContactEvent.objects.filter(kind="followed").count() == 4
    assert not SyncGap.objects.exists()
    assert not SyncSeen.objects.exists()


def test_a_second_sync_changes_nothing(shop):
    synced()
    before = list(Contact.objects.order_by("pk").values())
    run = synced()
    assert run.counts.get("relations_new", 0) == run.counts.get("relations_edited", 0) == 0
    assert run.counts["facts"] == run.counts["stages"] == 0
    assert list(Contact.objects.order_by("pk").values()) == before
    assert ContactEvent.objects.count() == 4
    assert not SyncGap.objects.exists()


def test_what_events_did_not_tell_is_repaired_and_noted(shop):
    synced()
    state = shop.state
    state.unfollow_by_contact("wang", "wm-bella")
    state.edit_remark("wang", "wm-clara", remark="VIP")
    state.unmark("li", "wm-anna", Tag.objects.get(name="gold").tag_id)
    run = synced(full=True)
    bella = Contact.objects.get(external_userid="wm-bella")
    assert (bella.relation, bella.stage, bella.lost_kind) == ("lost", "lost", "unfriended")
    assert bella.follows.get().status == Follow.Status.ENDED_UNKNOWN
    assert Follow.objects.get(contact__external_userid="wm-clara").remark == "VIP"
    assert ContactFacts.objects.get(contact__external_userid="wm-anna").tag_ids == []
    assert set(SyncGap.objects.filter(run=run).values_list("kind", flat=True)) == {
        "follow_ended",
        "follow_remarked",
        "follow_untagged",
    }


def test_a_customer_who_came_back_is_a_friend_again(shop):
    synced()
    shop.state.unfollow_by_staff("wang", "wm-bella")
    synced()
    shop.state.clock.advance(timedelta(minutes=10))
    shop.state.follow("wang", "wm-bella")
    synced()
    bella = Contact.objects.get(external_userid="wm-bella")
    assert (bella.relation, bella.lost_at, bella.follows.get().status) == ("friend", None, "active")


def test_a_one_way_relation_is_not_revived_by_the_list(shop):
    synced()
    shop.state.settings.lists_one_way = True
    shop.state.unfollow_by_contact("wang", "wm-bella")
    Follow.objects.filter(contact__external_userid="wm-bella").update(
        status="by_contact", ended_at=timezone.now() - timedelta(minutes=30)
    )
    synced()
    assert Follow.objects.get(contact__external_userid="wm-bella").status == "by_contact"


def test_a_list_that_lost_half_of_everything_closes_nothing(corp):
    state = corp.state
    state.add_staff("wang")
    for number in range(60):
        state.follow("wang", state.add_contact(f"wm{number}"))
    synced()
    for number in range(55):
        state.unfollow_by_contact("wang", f"wm{number}")
    run = synced()
    assert run.state == "done"
    assert "--accept-losses" in run.errors[0]
    assert Follow.objects.filter(status="active").count() == 60
    synced(accept_losses=True)
    assert Follow.objects.filter(status="active").count() == 5


def test_somebody_outside_the_directory_gets_a_placeholder(corp):
    state = corp.state
    state.add_staff("wang", departments=())
    state.follow("wang", state.add_contact("wm1"))
    synced()
    assert Follow.objects.get().staff.name == "wang"


def test_one_refused_person_does_not_stop_the_walk(shop, settings):
    settings.WECOM_PARALLEL_CALLS = 1
    for number in range(4):
        shop.state.add_staff(f"more{number}")
        shop.state.follow(f"more{number}", shop.state.add_contact(f"wm-more{number}"))
    # The first chunk is of three: refused, then its first half; the other half is read.
    shop.state.faults.add(
        path="externalcontact/batch/get_by_user", kind="errcode", value=84074, count=2
    )
    run = synced()
    assert run.state == "done"
    assert len(run.errors) == 1
    assert Follow.objects.values("staff").distinct().count() == 5


def test_a_short_outage_is_waited_for(shop):
    waited = []
    shop.state.faults.add(path="externalcontact/batch/get_by_user", kind="http", value=502, count=2)
    run = start_run(is_full=False, now=timezone.now())
    assert walk(run_id=run.pk, clock=timezone.now, wait=waited.append).state == "done"
    assert waited


def test_a_long_outage_leaves_the_run_to_be_taken_up(shop):
    shop.state.faults.add(
        path="externalcontact/batch/get_by_user", kind="errcode", value=-1, count=50
    )
    with pytest.raises(SyncInterrupted):
        synced()
    run = SyncRun.objects.get()
    assert (run.state, run.step) == ("running", "contacts")
    shop.state.faults.clear()
    client().flushdb()  # the pause that many failures end in
    later = timezone.now() + timedelta(minutes=3)
    assert resume_run(now=later) == run
    assert walk(run_id=run.pk, clock=timezone.now, wait=lambda _s: None).state == "done"
    assert Follow.objects.count() == 4


def test_wrong_credentials_fail_the_run_with_one_sentence(shop, settings):
    settings.WECOM_SECRET = "wrong"
    out = io.StringIO()
    with pytest.raises(CommandError) as failed:
        call_command("sync", stdout=out)
    assert failed.value.returncode == 1
    assert "\n" not in str(failed.value)
    run = SyncRun.objects.get()
    assert (run.state, len(run.errors)) == ("failed", 1)


def test_a_run_that_waits_for_its_worker_is_not_taken_by_others(shop):
    start_run(is_full=False, is_queued=True, now=timezone.now())
    with pytest.raises(SyncIsRunning):
        start_run(is_full=False, now=timezone.now())
    with pytest.raises(CommandError) as busy:
        call_command("sync")
    assert busy.value.returncode == 3


def test_a_run_that_stands_still_is_taken_up_and_not_doubled(shop):
    run = start_run(is_full=True, now=timezone.now() - timedelta(minutes=3))
    assert start_run(is_full=False, now=timezone.now()) == run


def test_a_cancelled_run_closes_nothing(shop, operator):
    synced()
    shop.state.unfollow_by_contact("wang", "wm-bella")
    run = start_run(is_full=False, now=timezone.now())

    def cancel_behind_the_customers(seen):
        if seen.step == "contacts":
            cancel_run(run_id=seen.pk, operator=operator, now=timezone.now())

    run = walk(run_id=run.pk, clock=timezone.now, on_page=cancel_behind_the_customers)
    assert run.state == "cancelled"
    assert Follow.objects.filter(status="active").count() == 4


def state_of_the_tables():
    return {
        "contacts": list(
            Contact.objects.order_by("external_userid").values_list(
                "external_userid", "name", "relation", "first_followed_at", "stage"
            )
        ),
        "follows": list(
            Follow.objects.order_by("contact__external_userid", "staff__userid").values_list(
                "contact__external_userid", "staff__userid", "status", "added_at", "remark"
            )
        ),
        "tags": sorted(
            FollowTag.objects.values_list("follow__contact__external_userid", "tag__tag_id")
        ),
        "facts": list(
            ContactFacts.objects.order_by("contact__external_userid").values_list(
                "contact__external_userid", "relation", "stage", "order_count", "bucket"
            )
        ),
    }


def test_a_walk_killed_at_any_page_ends_like_an_undisturbed_one(shop):
    undisturbed = synced(full=True)
    wanted = state_of_the_tables()
    pages = 0

    class Killed(Exception):
        pass

    def die(_run):
        raise Killed

    FollowTag.objects.all().delete()
    with connection.cursor() as cursor:  # events refuse to be deleted one by one
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE contacts_contactevent")
    for model in (ContactFacts, Follow, Contact, Staff, Department):
        model.objects.all().delete()
    run = start_run(is_full=True, now=timezone.now())
    while run.state == "running":
        pages += 1
        try:
            run = walk(run_id=run.pk, clock=timezone.now, on_page=die)
        except Killed:
            run.refresh_from_db()
    assert pages >= 10
    assert state_of_the_tables() == wanted
    assert run.counts["relations"] == undisturbed.counts["relations"]


def test_tags_that_no_event_told_of_are_repaired_and_noted(shop):
    synced()
    state = shop.state
    silver = Tag.objects.get(name="silver").tag_id
    state.rename_tag(silver, "platinum")
    state.delete_tag(Tag.objects.get(name="gold").tag_id)
    state.add_tag_group("Taste", tags=["white tea"])
    run = synced(full=True)
    gaps = SyncGap.objects.filter(run=run, kind__startswith="tag_")
    assert sorted(gaps.values_list("kind", flat=True)) == ["tag_changed", "tag_gone", "tag_new"]
    assert set(Tag.objects.filter(is_gone=False).values_list("name", flat=True)) == {
        "platinum",
        "white tea",
    }
    assert not SyncGap.objects.filter(run=synced(full=True)).exists()


def test_customers_that_no_event_told_of_are_brought_and_noted(shop):
    synced()
    shop.state.clock.advance(timedelta(minutes=-30))
    shop.state.follow("wang", shop.state.add_contact("wm-dora"))
    run = synced(full=True)
    assert Contact.objects.get(external_userid="wm-dora").relation == "friend"
    assert SyncGap.objects.get(run=run).kind == "follow_new"


def test_those_who_watch_see_rate_and_time_left(shop, settings):
    settings.WECOM_PARALLEL_CALLS = 1
    for number in range(30):
        shop.state.follow("li", shop.state.add_contact(f"wm-more{number}"))
    synced()
    seen = []

    def watch(run):
        if run.step == "contacts" and run.done:
            seen.append((run.done, run.total, run.rate > 0, run.seconds_left is not None))

    run = start_run(is_full=True, now=timezone.now(), page_size=1)
    walk(run_id=run.pk, clock=timezone.now, on_page=watch)
    assert seen
    assert seen[0][1:] == (34, True, True)


def test_the_planner_learns_of_tables_that_grew_since_it_looked(db):
    with connection.cursor() as cursor:
        # What vacuum leaves behind when a walk was undone: whatever comes later counts as nothing.
        cursor.execute(
            "UPDATE pg_class SET reltuples = 0, relpages = 300 WHERE relname = 'contacts_department'"
        )
    Department.objects.bulk_create(
        Department(wecom_id=number, name="", parent_wecom_id=1) for number in range(2, 1_103)
    )
    assert "contacts_department" in keep_planner_informed()
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'contacts_department'")
        assert cursor.fetchone() == (1_101,)
    # A look reads a part of the table, so there is none before it has grown much.
    assert "contacts_department" not in keep_planner_informed()


def test_waiting_orders_find_their_customers(shop):
    rows.order(None, buyer_unionid="union-anna", paid_at=timezone.now())
    synced()
    assert Order.objects.get().contact.external_userid == "wm-anna"
    assert Contact.objects.get(external_userid="wm-anna").facts.order_count == 1


def test_the_command_answers_in_json(shop):
    out = io.StringIO()
    call_command("sync", "--full", "--json", stdout=out)
    summary = json.loads(out.getvalue())
    assert (summary["state"], summary["kind"], summary["errors"]) == ("done", "full", [])
    assert summary["counts"]["relations"] == 4
    assert summary["counts"]["departments"] >= 2


def test_the_command_names_its_steps_where_there_is_no_terminal(shop):
    out = io.StringIO()
    call_command("sync", stdout=out)
    assert len(out.getvalue().splitlines()) > 5


def test_the_night_is_for_the_full_comparison_and_each_hour_for_changes(shop):
    midnight = timezone.make_aware(timezone.datetime(2026, 3, 10))
    assert due_run(now=midnight) is None  # nobody has synced yet
    SyncRun.objects.create(
        kind="full",
        state="done",
        started_at=midnight - timedelta(hours=12),
        progressed_at=midnight,
        finished_at=midnight,
    )
    early = due_run(now=midnight + timedelta(hours=1))
    assert early.kind == "incremental"
    SyncRun.objects.update(state="done", finished_at=midnight)
    assert due_run(now=midnight + timedelta(hours=1, minutes=30)) is None
    nightly = due_run(now=midnight + timedelta(hours=3, minutes=31))
    assert nightly.kind == "full"
    assert due_run(now=midnight + timedelta(hours=3, minutes=32)) is None
