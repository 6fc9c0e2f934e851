"""What the composer adds: groups, versions, approval, a rhythm, and rows without a script."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from broadcasts.models import Broadcast, BroadcastPlan, PolicySettings, UnfinishedBroadcast
from broadcasts.services import compose, unfinished
from scrm.console.models import Role
from tests import build
from tests.broadcasts import rows

pytestmark = pytest.mark.django_db


def page(name, *args):
    return reverse(f"console:{name}", args=args)


@pytest.fixture(autouse=True)
def awake():
    """No quiet hours, whatever the hour the tests run at."""
    return PolicySettings.objects.create(
        pk=1, quiet_from="00:00", quiet_until="00:00", holdout_percent=0
    )


@pytest.fixture
def typed():
    start = timezone.localtime()
    return {
        "kind": "private",
        "name": "Spring",
        "benefit": "Free shipping",
        "segment": rows.segment().pk,
        "text": "Spring is here.",
        "touch_class": "light",
        "priority": 5,
        "holdout_percent": 0,
        "window_start": f"{start:%Y-%m-%dT%H:%M}",
        "window_end": f"{start + timedelta(minutes=30):%Y-%m-%dT%H:%M}",
    }


def words(answer):
    return " ".join(str(message) for message in answer.context["messages"])


def test_versions_with_their_own_words_and_shares_are_kept(operator_client, typed):
    rows.customer(rows.staff())
    versions = {
        "attachment_title": ["Shop", ""],
        "attachment_url": ["https://shop.example", ""],
        "share_a": "60",
        "variant_share": ["40"],
        "variant_text": ["Come and see."],
        "variant_title": [""],
    }
    wrong = operator_client.post(page("broadcast-new"), {**typed, **versions, "share_a": "70"})
    assert wrong.status_code == 422
    assert "100" in wrong.content.decode()
    operator_client.post(page("broadcast-new"), {**typed, **versions})
    draft = Broadcast.objects.get()
    assert [(one.letter, one.share, one.text) for one in draft.variants.all()] == [
        ("A", 60, "Spring is here."),
        ("B", 40, "Come and see."),
    ]
    again = operator_client.get(page("broadcast-edit", draft.pk))
    assert again.context["variants"][0].text == "Come and see."
    assert not again.context["variants"][0].row.attachment()
    assert "Come and see." in operator_client.get(page("broadcast", draft.pk)).content.decode()


def test_one_more_row_comes_without_a_script_and_loses_nothing(operator_client, typed):
    asked = {**typed, "attachment_title": "Shop", "more": "attachment", "window_end": "nonsense"}
    answer = operator_client.post(page("broadcast-new"), asked)
    assert answer.status_code == 200
    assert [row.title for row in answer.context["attachments"]] == ["Shop", ""]
    assert not answer.context["form"].errors
    assert not Broadcast.objects.exists()


def test_a_broadcast_to_groups_is_written_and_tried(operator_client, typed):
    owner = rows.staff()
    rows.chat(owner, rows.customer(owner), name="Tea friends")
    segment = rows.group_segment()
    size = operator_client.get(
        page("broadcast-segment-size"), {"kind": "group", "group_segment": segment.pk}
    )
    assert size.context["size"].count == 1
    asked = {**typed, "kind": "group", "group_segment": segment.pk}
    saved = operator_client.post(page("broadcast-new"), asked)
    draft = Broadcast.objects.get()
    assert (draft.segment, draft.group_segment) == (None, segment)
    shown = operator_client.get(saved.headers["Location"])
    assert (shown.context["run"].chosen, len(shown.context["run"].staff)) == (1, 1)
    listed = operator_client.get(page("broadcast-dry-run-customers", draft.pk, "chosen"))
    assert "Tea friends" in listed.content.decode()


def test_who_needs_approval_submits_and_another_decides(client, operator_client, operator, typed):
    member = rows.staff(userid="lead")
    rows.customer(member)
    lead = build.operator(role=Role.LEAD, staff_userid="lead")
    client.force_login(lead)
    client.post(page("broadcast-new"), typed)
    draft = Broadcast.objects.get()
    assert client.get(page("broadcast-dry-run", draft.pk)).context["needs_review"]
    client.post(page("broadcast-schedule", draft.pk))
    draft.refresh_from_db()
    assert draft.state == "draft"
    client.post(page("broadcast-submit", draft.pk))
    assert client.post(page("broadcast-approve", draft.pk)).status_code == 403

    client.force_login(operator)
    inbox = client.get(page("broadcast-reviews"))
    assert [one["broadcast"].pk for one in inbox.context["waiting"]] == [draft.pk]
    assert '<span class="menu-count">1</span>' in inbox.content.decode()
    without_note = client.post(page("broadcast-reject", draft.pk), follow=True)
    assert words(without_note)
    client.post(page("broadcast-reject", draft.pk), {"note": "Say it shorter"})
    draft.refresh_from_db()
    assert (draft.state, draft.review_note) == ("draft", "Say it shorter")
    client.force_login(lead)
    assert "Say it shorter" in client.get(page("broadcast", draft.pk)).content.decode()
    client.post(page("broadcast-submit", draft.pk))
    client.post(page("broadcast-withdraw", draft.pk))
    client.post(page("broadcast-submit", draft.pk))
    client.force_login(operator)
    client.post(page("broadcast-approve", draft.pk))
    draft.refresh_from_db()
    assert (draft.state, draft.reviewed_by_id) == ("scheduled", operator.pk)


def test_a_very_large_one_needs_another_pair_of_eyes(operator_client, awake, typed):
    awake.approval_above = 0
    awake.save()
    rows.customer(rows.staff())
    operator_client.post(page("broadcast-new"), typed)
    draft = Broadcast.objects.get()
    operator_client.post(page("broadcast-submit", draft.pk))
    refused = operator_client.post(page("broadcast-approve", draft.pk), follow=True)
    assert words(refused)
    draft.refresh_from_db()
    assert draft.state == "review"


def test_two_who_change_one_draft_do_not_write_over_each_other(operator_client, typed):
    operator_client.post(page("broadcast-new"), typed)
    draft = Broadcast.objects.get()
    base = operator_client.get(page("broadcast-edit", draft.pk)).context["base"]
    assert base == unfinished.fingerprint(draft)
    address = page("broadcast-edit", draft.pk)
    first = operator_client.post(address, {**typed, "base": base, "name": "Mine"})
    assert first.status_code == 302
    second = operator_client.post(address, {**typed, "base": base, "name": "Yours"})
    assert second.status_code == 422
    draft.refresh_from_db()
    assert draft.name == "Mine"


def test_what_was_kept_goes_when_it_has_become_a_broadcast(operator_client, typed):
    key = "8b8499b1-bbb9-4eb7-b65c-67e9abc8aa13"
    operator_client.post(page("broadcast-autosave"), {**typed, "draft": key, "draft_version": 0})
    behind = operator_client.post(page("broadcast-new"), {**typed, "draft": key})
    assert behind.status_code == 422
    assert not Broadcast.objects.exists()
    operator_client.post(page("broadcast-new"), {**typed, "draft": key, "draft_version": 1})
    assert Broadcast.objects.exists()
    assert not UnfinishedBroadcast.objects.exists()


def test_a_draft_recurs_is_changed_paused_and_deleted(operator_client, typed):
    operator_client.post(page("broadcast-new"), typed)
    draft = Broadcast.objects.get()
    rhythm = {"every": "week", "weekdays": ["1", "4"], "time": "10:00", "until": "18:00"}
    nowhere = operator_client.post(page("broadcast-repeat", draft.pk), {**rhythm, "weekdays": []})
    assert set(nowhere.context["form"].errors) == {"weekdays"}
    operator_client.post(page("broadcast-repeat", draft.pk), rhythm)
    plan = BroadcastPlan.objects.get()
    assert (plan.text, plan.weekdays) == ("Spring is here.", [1, 4])
    assert "每周" in operator_client.get(page("broadcast-plans")).content.decode()

    address = page("broadcast-plan-edit", plan.pk)
    assert operator_client.get(address).status_code == 200
    changed = {**typed, "text": "Autumn is here.", "every": "month", "day": 31}
    clocks = {"time": "09:00", "until": "08:00"}
    wrong = operator_client.post(address, {**changed, **clocks})
    assert set(wrong.context["form"].errors) == {"until"}
    operator_client.post(address, {**changed, "time": "09:00", "until": "20:00"})
    plan.refresh_from_db()
    assert (plan.text, plan.every, plan.day) == ("Autumn is here.", "month", 31)

    operator_client.post(page("broadcast-plan-pause", plan.pk))
    plan.refresh_from_db()
    assert (plan.is_active, plan.next_at) == (False, None)
    operator_client.post(page("broadcast-plan-resume", plan.pk))
    assert operator_client.get(page("broadcast-plan", plan.pk)).status_code == 200
    operator_client.post(page("broadcast-plan-delete", plan.pk))
    assert not BroadcastPlan.objects.exists()


def test_a_plan_that_has_made_broadcasts_is_paused_instead_of_deleted(operator_client):
    plan = rows.plan()
    rows.broadcast(origin="plan", plan=plan, fire_at=rows.NOW)
    answer = operator_client.post(page("broadcast-plan-delete", plan.pk), follow=True)
    assert words(answer)
    assert BroadcastPlan.objects.exists()


def test_customers_of_a_rule_that_can_no_longer_be_read_are_no_error_of_ours(operator_client):
    broken = rows.broadcast(
        rule={"field": "gone", "op": "=", "value": 1},
        window_end=timezone.now() + timedelta(hours=1),
    )
    for address in ("broadcast-dry-run", "broadcast-dry-run-customers"):
        more = ("chosen",) if address.endswith("customers") else ()
        answer = operator_client.get(page(address, broken.pk, *more), follow=True)
        assert answer.redirect_chain
        assert [message.level_tag for message in answer.context["messages"]] == ["error"]


def test_colleagues_see_a_test_before_customers_do(operator_client, corp, operator):
    member = rows.staff()
    corp.state.add_staff(member.userid, member.name)
    rows.staff(is_following=False)
    offered = operator_client.get(page("contact-choices"), {"field": "serving_id"}).json()
    assert [one["key"] for one in offered["choices"]] == [member.pk]
    draft = compose.create_draft(
        draft=rows.draft(
            window_start=timezone.now(), window_end=timezone.now() + timedelta(hours=1)
        ),
        operator=operator,
        now=timezone.now(),
    )
    nobody = operator_client.post(page("broadcast-test", draft.pk), follow=True)
    assert nobody.context["messages"]
    answer = operator_client.post(
        page("broadcast-test", draft.pk), {"staff": member.pk}, follow=True
    )
    assert [message.level_tag for message in answer.context["messages"]] == ["success"]
    assert not corp.state.ledger()


def test_a_scheduled_broadcast_is_paused_and_goes_on(operator_client):
    now = timezone.now()
    broadcast = rows.broadcast(window_end=now + timedelta(hours=1))
    operator_client.post(page("broadcast-pause", broadcast.pk))
    broadcast.refresh_from_db()
    assert broadcast.is_paused
    assert "已暂停" in operator_client.get(page("broadcast", broadcast.pk)).content.decode()
    operator_client.post(page("broadcast-resume", broadcast.pk))
    broadcast.refresh_from_db()
    assert not broadcast.is_paused
