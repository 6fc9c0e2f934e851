"""Broadcasts to customer groups: to each once, through its owner, whatever WeCom answers."""

from collections import Counter
from datetime import timedelta

import pytest
import redis
from django.conf import settings

from broadcasts.models import Batch, Broadcast, GroupRecipient, Touch, Variant
from broadcasts.selectors.progress import progress
from broadcasts.services import dispatch, tick
from broadcasts.services.audience import freeze
from broadcasts.services.control import schedule
from broadcasts.services.reconcile import reconcile_due
from broadcasts.services.results import poll_due
from scrm.errors import InvalidInput
from tests import build
from tests.broadcasts import rows
from tests.broadcasts.rows import NOW, staff

pytestmark = pytest.mark.django_db
CREATE = "externalcontact/add_msg_template"
SETTLED = timedelta(seconds=121)


def owner_of(corp, **overrides):
    member = staff(**overrides)
    corp.state.add_staff(member.userid, member.name)
    return member


def frozen(**overrides):
    return freeze(broadcast_id=rows.to_groups(**overrides).pk, now=NOW)


def asked(corp):
    """How often each group stands in a task that WeCom holds."""
    return Counter(chat_id for task in corp.state.tasks() for chat_id in task.chat_ids)


def reasons():
    return dict(
        GroupRecipient.objects.exclude(reason="").values_list("group__name", "reason").order_by()
    )


def later(seconds):
    return NOW + timedelta(seconds=seconds)


def work(corp, *, until=600, step=60):
    """Ticks and workers for so long; pauses of the gateway do not outlast a step."""
    for seconds in range(0, until, step):
        client = redis.Redis.from_url(settings.REDIS_URL)
        client.flushdb()
        client.close()
        corp.state.clock.set(later(seconds))
        tick.tick(now=later(seconds))
        rows.deliver_all(now=later(seconds))


def test_every_owner_gets_one_task_with_her_groups_alone(corp):
    anna, bert = owner_of(corp), owner_of(corp)
    for owner, count in ((anna, 2), (bert, 1)):
        for _each in range(count):
            rows.chat(owner, corp=corp)
    spring = frozen()
    rows.deliver_all()
    tasks = {task.sender: task for task in corp.state.tasks()}
    assert {name: len(task.chat_ids) for name, task in tasks.items()} == {
        anna.userid: 2,
        bert.userid: 1,
    }
    assert {task.chat_type for task in tasks.values()} == {"group"}
    assert (spring.chosen, spring.held_out, spring.excluded) == (3, 0, 0)


def test_groups_that_may_not_be_written_to_are_left_out_with_the_reason():
    anna = staff()
    rows.chat(anna, name="fine")
    rows.chat(anna, name="moving", status=2)
    rows.chat(staff(status=5), name="left")
    rows.chat(staff(is_following=False), name="may not")
    unknown = rows.chat(anna, name="unknown")
    unknown.owner = None
    unknown.save()
    heard = rows.chat(anna, name="heard")
    rows.chat(anna, name="dissolved", dismissed_at=NOW)
    first = rows.to_groups()
    GroupRecipient.objects.create(
        broadcast=first,
        group=heard,
        chat_id=heard.chat_id,
        staff=anna,
        batch=Batch.objects.create(broadcast=first, staff=anna, size=1, state="ready"),
        state="chosen",
    )
    spring = frozen()
    assert reasons() == {
        "moving": "handing_over",
        "left": "owner_left",
        "may not": "owner_may_not",
        "unknown": "no_owner",
        "heard": "group_cap",
    }
    assert (spring.chosen, spring.excluded) == (1, 5)
    frozen(touch_class="service", senders=[staff().pk])
    assert Counter(reasons().values())["not_a_sender"] == 2


def test_a_held_out_share_of_groups_gets_nothing(corp):
    anna = owner_of(corp)
    for _each in range(12):
        rows.chat(anna, corp=corp)
    spring = frozen(holdout_percent=50)
    rows.deliver_all()
    held = set(GroupRecipient.objects.filter(state="held_out").values_list("chat_id", flat=True))
    assert 0 < spring.held_out < 12
    assert len(held) == spring.held_out
    assert held.isdisjoint(asked(corp))
    assert spring.chosen + spring.held_out == 12


@pytest.mark.parametrize(
    ("kind", "value"),
    [("drop_after", None), ("garbage", None), ("drop_before", None), ("errcode", 45009)],
)
def test_whatever_wecom_answers_each_group_is_asked_for_once(corp, settings, kind, value):
    settings.BROADCAST_GROUP_BATCH_SIZE = 2
    anna = owner_of(corp)
    groups = [rows.chat(anna, corp=corp) for _each in range(5)]
    frozen()
    corp.state.faults.add(CREATE, kind, value, count=2)
    work(corp)
    assert asked(corp) == Counter(group.chat_id for group in groups)
    assert set(Batch.objects.values_list("state", flat=True)) == {"accepted"}
    assert Batch.objects.values("msgid").distinct().count() == 3


def test_calls_for_one_owner_wait_until_the_last_one_is_solved(corp, settings):
    settings.BROADCAST_GROUP_BATCH_SIZE = 1
    anna = owner_of(corp)
    rows.chat(anna, corp=corp)
    rows.chat(anna, corp=corp)
    frozen()
    first, second = Batch.objects.order_by("pk")
    corp.state.faults.add(CREATE, "drop_after")
    dispatch.deliver_batch(batch_id=first.pk, now=NOW)
    dispatch.deliver_batch(batch_id=second.pk, now=later(20))
    assert len(corp.state.tasks()) == 1
    reconcile_due(now=NOW + SETTLED)
    dispatch.deliver_batch(batch_id=second.pk, now=NOW + SETTLED)
    first.refresh_from_db()
    assert (first.state, first.resent) == ("accepted", 0)
    assert sorted(asked(corp).values()) == [1, 1]


def test_who_is_in_a_group_when_it_is_sent_to_is_touched_once(corp):
    anna = owner_of(corp)
    both, late, gone = (rows.customer(anna, corp=corp) for _each in range(3))
    one, two = rows.chat(anna, both, gone, corp=corp), rows.chat(anna, both, corp=corp)
    one.members.filter(contact=gone).update(left_at=NOW - timedelta(hours=1))
    spring = frozen()
    rows.deliver_all()
    corp.state.clock.set(later(60))
    corp.state.confirm()
    corp.state.clock.set(later(120))
    rows.group_rows.member(two, late, joined_at=later(90))
    poll_due(now=later(120))
    batch = Batch.objects.get()
    assert (batch.sent_count, batch.is_final) == (2, True)
    assert GroupRecipient.objects.filter(sent_at=later(60)).count() == 2
    touch = Touch.objects.get()
    assert (touch.contact, touch.channel, touch.broadcast) == (both, "group", spring)
    assert progress(spring).sent == 2


def test_a_group_that_was_not_sent_to_is_told_after_a_day(corp):
    anna = owner_of(corp)
    rows.chat(anna, corp=corp)
    dead = rows.chat(anna, corp=corp)
    spring = frozen()
    rows.deliver_all()
    corp.state.dismiss_group(dead.chat_id)
    corp.state.clock.set(later(60))
    corp.state.confirm()
    for hours in (1, 26):
        Batch.objects.update(next_poll_at=NOW)
        poll_due(now=NOW + timedelta(hours=hours))
    assert GroupRecipient.objects.get(group=dead).result == "unsent"
    assert [(part.code, part.count) for part in progress(spring).failed] == [("unsent", 1)]


def test_a_group_that_changes_hands_is_dropped_before_the_call(corp):
    anna = owner_of(corp)
    stays, goes = rows.chat(anna, corp=corp), rows.chat(anna, corp=corp)
    frozen()
    goes.owner = owner_of(corp)
    goes.save()
    rows.deliver_all()
    assert asked(corp) == {stays.chat_id: 1}
    assert GroupRecipient.objects.get(group=goes).result == "gone"


def test_when_the_window_closes_owners_who_have_not_sent_are_asked_no_more(corp):
    anna = owner_of(corp)
    rows.chat(anna, corp=corp)
    spring = frozen()
    rows.deliver_all()
    corp.state.clock.set(spring.window_end)
    tick.tick(now=spring.window_end)
    tick.tick(now=spring.window_end + timedelta(minutes=1))
    spring.refresh_from_db()
    assert corp.state.tasks()[0].cancelled
    assert (spring.state, spring.stop_reason) == ("finished", "window")


def test_versions_part_the_groups_of_an_owner(corp):
    anna = owner_of(corp)
    for _each in range(10):
        rows.chat(anna, corp=corp)
    spring = rows.to_groups()
    for letter in "AB":
        Variant.objects.create(broadcast=spring, letter=letter, share=50, text=f"Say {letter}")
    freeze(broadcast_id=spring.pk, now=NOW)
    rows.deliver_all()
    assert {task.text for task in corp.state.tasks()} == {"Say A", "Say B"}
    assert set(asked(corp).values()) == {1}
    assert len(asked(corp)) == 10


def test_without_a_group_that_may_be_written_to_nothing_is_scheduled():
    spring = rows.to_groups(state="draft", scheduled_at=None)
    with pytest.raises(InvalidInput):
        schedule(broadcast=spring, operator=build.operator(), now=NOW)
    assert Broadcast.objects.get().state == "draft"
