"""The sync page: start, watch, cancel, look back; and the tag page."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from contacts.models import FollowTag, Tag, TagGroup
from contacts.selectors import sync_log
from contacts.services.facts import refresh_facts
from scrm.console.models import Role
from scrm.wecom.models import SyncGap, SyncRun
from tests import build
from tests.contacts import rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db


def run(state="done", **overrides):
    finished = None if state == "running" else NOW
    values = {"started_at": NOW, "progressed_at": NOW, "finished_at": finished, **overrides}
    return SyncRun.objects.create(kind="full", state=state, **values)


def test_an_operator_starts_a_sync_and_cancels_it(operator_client):
    operator_client.post("/sync/start/", {"kind": "full"})
    started = SyncRun.objects.get()
    assert (started.kind, started.state) == ("full", "running")
    operator_client.post(f"/sync/{started.pk}/cancel/")
    started.refresh_from_db()
    assert started.state == "cancelled"


def test_a_second_sync_is_not_started_beside_the_first(operator_client):
    operator_client.post("/sync/start/", {"kind": "full"})
    operator_client.post("/sync/start/", {"kind": "incremental"})
    assert SyncRun.objects.count() == 1


def test_the_progress_of_a_run_is_shown_until_it_ends(operator_client):
    running = run("running", step="contacts", done=30, total=120)
    part = operator_client.get("/sync/progress/").content.decode()
    assert "30 / 120" in part
    assert 'aria-valuenow="25"' in part
    SyncRun.objects.filter(pk=running.pk).update(state="done", finished_at=NOW)
    assert operator_client.get("/sync/progress/").headers["HX-Refresh"] == "true"


def test_a_run_shows_its_counts_errors_and_gaps_in_words(operator_client):
    ended = run(counts={"staff": 4, "unheard_of": 1}, errors=["60020: 不在可信IP"])
    SyncGap.objects.create(run=ended, kind="follow_ended", subject="a – wm1", found_at=NOW)
    page = operator_client.get(f"/sync/{ended.pk}/").content.decode()
    for shown in ("成员", "unheard_of", "60020", "a – wm1", "关系结束，未收到回调"):
        assert shown in page


def test_the_progress_tells_rate_time_left_and_every_step(operator_client):
    run("running", step="contacts", done=100, total=1000, rate=20.0)
    part = operator_client.get("/sync/progress/").content.decode()
    assert "每秒 20" in part
    assert "45 秒" in part
    assert 'aria-current="step"' in part


def test_a_running_run_shows_its_progress_on_its_own_page(operator_client):
    running = run("running", step="tags", done=1, total=4)
    page = operator_client.get(f"/sync/{running.pk}/").content.decode()
    assert 'id="sync-progress"' in page


def test_the_log_is_filtered_by_kind_and_state(operator_client):
    failed, done = run("failed"), run()
    SyncRun.objects.filter(pk=done.pk).update(kind="incremental")

    def found(query):
        return [row[0].pk for row in operator_client.get(f"/sync/?{query}").context["rows"]]

    assert found("state=failed") == [failed.pk]
    assert found("kind=incremental") == [done.pk]
    assert found("kind=incremental&state=failed") == []
    assert found("kind=nonsense") == [done.pk, failed.pk]


def test_a_run_that_ended_tells_how_fast_it_was(operator_client):
    run(counts={"relations": 6000}, started_at=NOW - timedelta(seconds=30))
    assert operator_client.get("/sync/").context["rows"][0][2] == 200


def test_a_run_of_no_time_has_no_rate(operator_client):
    run(counts={"relations": 6000})
    assert operator_client.get("/sync/").context["rows"][0][2] is None


@pytest.fixture
def gaps():
    ended, failed = run(), run("failed")
    for found_by, kind in ((ended, "follow_new"), (ended, "tag_gone"), (failed, "group_new")):
        SyncGap.objects.create(run=found_by, kind=kind, subject=f"{kind} x", found_at=NOW)
    return ended


def test_gaps_of_a_run_are_counted_and_chosen_by_kind(operator_client, gaps):
    answer = operator_client.get(f"/sync/{gaps.pk}/?kind=tag_gone")
    assert [gap.kind for _words, gap in answer.context["gaps"]] == ["tag_gone"]
    assert {kind for kind, _words, _number in answer.context["kinds"]} == {"follow_new", "tag_gone"}


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("", ["group_new", "tag_gone", "follow_new"]),
        ("kind=tag_gone", ["tag_gone"]),
        ("state=failed", ["group_new"]),
        ("subject=follow", ["follow_new"]),
        ("subject=nobody", []),
    ],
)
def test_gaps_of_all_runs_are_searched(operator_client, gaps, query, kinds):
    answer = operator_client.get(f"/sync/gaps/?{query}")
    assert [gap.kind for _words, gap in answer.context["gaps"]] == kinds


def test_every_kind_of_gap_that_a_sync_writes_has_words(operator_client, gaps):
    page = operator_client.get("/sync/gaps/").content.decode()
    assert "follow_new</td>" not in page
    assert "新建客户群，未收到回调" in page


def test_counts_of_a_run_stand_in_one_order_with_words_for_all_that_a_sync_counts(
    operator_client, corp
):
    corp.state.add_staff("amy")
    call_command("sync", stdout=(told := StringIO()))
    counts = sync_log.counts_in_words(SyncRun.objects.get())
    assert [str(words) for words, _ in counts][:2] == ["部门", "成员"]
    assert not any(words in SyncRun.objects.get().counts for words, _ in counts)
    assert "成员 1" in told.getvalue()


def test_an_analyst_neither_sees_nor_starts_a_sync(client):
    client.force_login(build.operator(role=Role.ANALYST))
    assert client.get("/sync/").status_code == 403
    assert client.post("/sync/start/").status_code == 403


def test_tags_are_counted_over_the_customers_one_may_see(client):
    group = TagGroup.objects.create(name="Level", group_id="g1")
    vip = Tag.objects.create(tag_id="t1", group=group, name="VIP")
    Tag.objects.create(tag_id="t2", group=group, name="Old", is_gone=True)
    clerk = rows.staff(userid="lead")
    for member in (clerk, rows.staff()):
        person = rows.contact()
        FollowTag.objects.create(follow=rows.follow(person, member), tag=vip)
        refresh_facts(contact_ids=[person.pk])

    def counts():
        (shown,) = client.get("/tags/").context["groups"]
        return [(item.tag.name, item.customers) for item in shown.tags]

    client.force_login(build.operator())
    assert counts() == [("VIP", 2)]
    client.force_login(build.operator(role=Role.LEAD, staff_userid="lead"))
    assert counts() == [("VIP", 1)]
