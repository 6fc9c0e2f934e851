"""The pages of 触达: whoever may, writes, looks, schedules, follows and stops."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from broadcasts.models import Batch, Broadcast, GroupRecipient, PolicySettings
from broadcasts.selectors.policy import house_terms
from broadcasts.services import compose, results, windows
from broadcasts.services.audience import freeze
from groups.models import GroupSegment
from scrm.console.models import Role
from tests import build
from tests.broadcasts import rows
from tests.groups import rows as group_rows

pytestmark = pytest.mark.django_db


def page(name, *args):
    return reverse(f"console:{name}", args=args)


def group_broadcast(**overrides):
    """A draft to all groups."""
    segment = GroupSegment.objects.create(
        name="All groups", rule={"all": []}, created_at=rows.NOW, updated_at=rows.NOW
    )
    return Broadcast.objects.create(
        **{
            "name": "To the groups",
            "benefit": "News",
            "kind": "group",
            "group_segment": segment,
            "text": "News",
            "window_start": rows.NOW,
            "window_end": rows.NOW + timedelta(hours=1),
            "state": "draft",
            "created_at": rows.NOW,
            **overrides,
        }
    )


@pytest.fixture
def typed():
    """A filled-in form whose window lies in the next allowed hours."""
    start, end = compose.next_window(house_terms(), timezone.now())
    return {
        "name": "Spring",
        "benefit": "Free shipping",
        "segment": rows.segment().pk,
        "text": "Spring is here.",
        "kind": "private",
        "priority": 5,
        "attachment_title": "Shop",
        "attachment_url": "https://shop.example",
        "touch_class": "light",
        "holdout_percent": 0,
        "window_start": f"{start:%Y-%m-%dT%H:%M}",
        "window_end": f"{end:%Y-%m-%dT%H:%M}",
    }


@pytest.fixture
def running(corp):
    """A broadcast of one staff member that waits for her, at this very hour."""
    now = timezone.now()
    corp.state.clock.set(now)
    PolicySettings.objects.create(pk=1, quiet_from="00:00", quiet_until="00:00")
    rows.crew(corp, 1)
    lost = rows.customer(None)
    window = {"window_start": now - timedelta(hours=1), "window_end": now + timedelta(hours=1)}
    broadcast = freeze(broadcast_id=rows.broadcast(**window).pk, now=now)
    rows.deliver_all(now=now)
    windows.settle(now=now)
    broadcast.refresh_from_db()
    broadcast.lost = lost
    return broadcast


def test_from_the_empty_list_to_a_scheduled_broadcast(operator_client, typed):
    rows.customer(rows.staff())
    assert page("broadcast-new") in operator_client.get(page("broadcast-list")).content.decode()
    assert operator_client.get(page("broadcast-new")).status_code == 200
    saved = operator_client.post(page("broadcast-new"), typed)
    draft = Broadcast.objects.get()
    assert saved.headers["Location"] == page("broadcast-dry-run", draft.pk)
    assert draft.attachments[0]["link"]["url"] == "https://shop.example"
    shown = operator_client.get(saved.headers["Location"])
    assert shown.context["run"].chosen == 1
    operator_client.post(page("broadcast-schedule", draft.pk))
    draft.refresh_from_db()
    assert draft.state == "scheduled"
    detail = operator_client.get(page("broadcast", draft.pk))
    assert "every 3s" in detail.content.decode()


def test_the_form_keeps_what_was_typed_and_marks_what_is_wrong(operator_client, typed):
    answer = operator_client.post(
        page("broadcast-new"), {**typed, "benefit": "", "segment": "", "text": "春" * 2000}
    )
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"benefit", "segment", "text"}
    assert "Spring" in answer.content.decode()
    assert not Broadcast.objects.exists()


def test_nobody_would_receive_it_is_said_instead_of_scheduled(operator_client, typed):
    operator_client.post(page("broadcast-new"), typed)
    draft = Broadcast.objects.get()
    answer = operator_client.post(page("broadcast-schedule", draft.pk), follow=True)
    assert [str(message) for message in answer.context["messages"]]
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_a_draft_is_edited_and_a_running_broadcast_is_copied(operator_client, typed, running):
    operator_client.post(page("broadcast-copy", running.pk))
    draft = Broadcast.objects.get(state="draft")
    assert operator_client.get(page("broadcast-edit", draft.pk)).status_code == 200
    operator_client.post(page("broadcast-edit", draft.pk), {**typed, "name": "Summer"})
    draft.refresh_from_db()
    assert draft.name == "Summer"
    refused = operator_client.get(page("broadcast-edit", running.pk))
    assert refused.headers["Location"] == page("broadcast", running.pk)


def test_the_size_of_a_segment_is_shown_while_composing(operator_client):
    rows.customer(rows.staff())
    segment = rows.segment()
    answer = operator_client.get(page("broadcast-segment-size"), {"segment": segment.pk})
    assert answer.context["size"].count == 1
    assert operator_client.get(page("broadcast-segment-size"), {"segment": "x"}).status_code == 200


def test_the_dry_run_lists_the_customers_behind_each_number(operator_client, typed):
    recent = rows.customer(rows.staff(), name="Recent Buyer")
    rows.touch(recent, at=timezone.now())
    operator_client.post(page("broadcast-new"), typed)
    draft = Broadcast.objects.get()
    shown = operator_client.get(page("broadcast-dry-run", draft.pk)).content.decode()
    assert page("broadcast-dry-run-customers", draft.pk, "gap") in shown
    listed = operator_client.get(page("broadcast-dry-run-customers", draft.pk, "gap"))
    assert "Recent Buyer" in listed.content.decode()
    assert operator_client.get(page("broadcast-dry-run-customers", draft.pk, "chosen"))
    unknown = operator_client.get(page("broadcast-dry-run-customers", draft.pk, "why"))
    assert unknown.status_code == 404


def test_the_page_of_a_running_broadcast_follows_it(operator_client, corp, running):
    before = operator_client.get(page("broadcast-progress", running.pk), {"state": "waiting"})
    assert "HX-Refresh" not in before.headers
    assert (before.context["progress"].confirmed, before.context["progress"].sent) == (0, 0)
    corp.state.confirm()
    operator_client.post(page("broadcast-refresh", running.pk))
    now = timezone.now()
    results.poll_due(now=now)
    windows.settle(now=now)
    after = operator_client.get(page("broadcast-progress", running.pk), {"state": "waiting"})
    assert after.headers["HX-Refresh"] == "true"
    assert (after.context["progress"].confirmed, after.context["progress"].sent) == (1, 3)
    assert not after.context["is_live"]
    assert 'hx-trigger="every 3s"' not in after.content.decode()
    listed = operator_client.get(page("broadcast-list"))
    assert listed.context["window"].rows[0].sent == 3


def test_recipients_are_listed_by_what_became_of_them(operator_client, corp, running):
    corp.state.confirm()
    Batch.objects.update(next_poll_at=timezone.now())
    results.poll_due(now=timezone.now())
    address = page("broadcast-recipients", running.pk)
    assert len(operator_client.get(address).context["rows"]) == 4
    assert len(operator_client.get(address, {"result": "sent"}).context["rows"]) == 3
    (left_out,) = operator_client.get(address, {"reason": "no_staff"}).context["rows"]
    assert left_out[0].contact_id == running.lost.pk
    table = operator_client.post(f"{page('broadcast-export', running.pk)}?result=sent")
    assert len(b"".join(table.streaming_content).decode().strip().splitlines()) == 4


def test_an_operator_reminds_and_stops(operator_client, running):
    operator_client.post(page("broadcast-remind", running.pk))
    assert Batch.objects.get().remind_at is not None
    operator_client.post(page("broadcast-stop", running.pk))
    running.refresh_from_db()
    assert (running.state, running.stop_reason) == ("stopped", "operator")
    again = operator_client.post(page("broadcast-stop", running.pk), follow=True)
    assert [message.level_tag for message in again.context["messages"]][-1] == "error"


def test_the_home_page_shows_what_runs_and_the_customers_page_her_touches(
    operator_client, corp, running
):
    assert running.name in operator_client.get("/").content.decode()
    corp.state.confirm()
    Batch.objects.update(next_poll_at=timezone.now())
    results.poll_due(now=timezone.now())
    person = running.recipients.filter(state="chosen").first().contact
    shown = operator_client.get(page("contact", person.pk)).content.decode()
    assert page("broadcast", running.pk) in shown


def test_a_dry_run_that_reaches_nobody_says_why_it_cannot_be_scheduled(operator_client, typed):
    operator_client.post(page("broadcast-new"), typed)
    shown = operator_client.get(page("broadcast-dry-run", Broadcast.objects.get().pk))
    assert "没有客户会收到，因此无法排期" in shown.content.decode()


def test_a_draft_waits_on_the_home_page_until_it_is_scheduled(operator_client, typed):
    operator_client.post(page("broadcast-new"), typed)
    draft = Broadcast.objects.get()
    assert page("broadcast", draft.pk) in operator_client.get("/").content.decode()


def test_an_analyst_looks_but_does_not_touch(client, running):
    client.force_login(build.operator(role=Role.ANALYST))
    assert client.get(page("broadcast", running.pk)).status_code == 200
    assert client.get(page("reach-policy")).status_code == 200
    assert client.get(page("broadcast-new")).status_code == 403
    for act in ("stop", "remind", "schedule", "copy", "delete"):
        assert client.post(page(f"broadcast-{act}", running.pk)).status_code == 403
    assert client.post(page("reach-policy"), {}).status_code == 403
    running.refresh_from_db()
    assert running.state == "waiting"


def test_a_lead_sees_her_own_broadcasts_only(client, running):
    lead = build.operator(role=Role.LEAD, staff_userid="nobody")
    client.force_login(lead)
    assert client.get(page("broadcast", running.pk)).status_code == 404
    assert client.post(page("broadcast-stop", running.pk)).status_code == 404
    Broadcast.objects.filter(pk=running.pk).update(created_by=lead)
    assert client.get(page("broadcast", running.pk)).status_code == 200
    listed = client.get(page("broadcast-recipients", running.pk))
    assert listed.context["rows"] == []


def test_service_staff_have_no_broadcasts(client, running):
    client.force_login(build.operator(role=Role.STAFF))
    for name in ("broadcast", "broadcast-progress", "broadcast-recipients"):
        assert client.get(page(name, running.pk)).status_code == 403
    assert client.get(page("broadcast-list")).status_code == 403


def test_the_list_takes_the_same_queries_for_one_and_for_many(operator_client):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            operator_client.get(page("broadcast-list"))
        return len(asked)

    rows.broadcast()
    queries()
    one = queries()
    for _each in range(5):
        rows.broadcast()
    assert queries() == one


def test_the_list_is_narrowed_by_kind_state_origin_author_and_day(operator_client, operator):
    rows.broadcast(name="Spring", created_by=operator)
    groups = group_broadcast()
    address = page("broadcast-list")

    def names(**asked):
        found = operator_client.get(address, asked).context["window"].rows
        return {broadcast.name for broadcast in found}

    assert names() == {"Spring", groups.name}
    assert names(kind="group") == {groups.name}
    assert names(state="draft") == {groups.name}
    assert names(origin="journey") == set()
    assert names(author=operator.pk) == {"Spring"}
    assert names(since=f"{rows.NOW:%Y-%m-%d}") == {groups.name}
    assert names(name="spr", until="nonsense") == {"Spring"}


def test_the_groups_of_a_broadcast_are_listed_by_what_became_of_them(operator_client):
    owner = rows.staff()
    broadcast = group_broadcast(state="waiting", frozen_at=rows.NOW, scheduled_at=rows.NOW)
    batch = Batch.objects.create(
        broadcast=broadcast, staff=owner, size=1, state="accepted", msgid="m", intent_at=rows.NOW
    )
    for number, outcome in enumerate(
        (
            {"state": "chosen", "batch": batch, "staff": owner, "sent_at": rows.NOW},
            {"state": "excluded", "reason": "quota"},
        )
    ):
        chat = group_rows.group(owner, name=f"Group {number}")
        GroupRecipient.objects.create(
            broadcast=broadcast, group=chat, chat_id=chat.chat_id, **outcome
        )
    address = page("broadcast-groups", broadcast.pk)
    assert len(operator_client.get(address).context["rows"]) == 2
    ((row, words),) = operator_client.get(address, {"result": "sent"}).context["rows"]
    assert (row.group.name, words) == ("Group 0", "已送达")
    ((row, _words),) = operator_client.get(address, {"reason": "quota"}).context["rows"]
    assert row.group.name == "Group 1"
    table = operator_client.post(f"{page('broadcast-groups-export', broadcast.pk)}?state=chosen")
    assert len(b"".join(table.streaming_content).decode().strip().splitlines()) == 2


def test_stopping_says_what_it_would_mean(operator_client, running):
    shown = operator_client.get(page("broadcast", running.pk))
    assert "1 位成员未确认的任务将在企业微信中取消，3 位客户不会再收到" in shown.content.decode()
