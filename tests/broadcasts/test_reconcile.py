"""Which task is the lost one: words, links, sender and every single receiver have to agree."""

from datetime import timedelta

import pytest

from broadcasts.models import Batch, Recipient
from broadcasts.services import dispatch
from broadcasts.services.reconcile import reconcile, reconcile_due
from contacts.models import Contact, ContactFacts, Follow
from scrm import wecom
from tests.broadcasts import rows
from tests.broadcasts.rows import NOW

pytestmark = pytest.mark.django_db
CREATE = "externalcontact/add_msg_template"
SETTLED = NOW + timedelta(seconds=200)
BUYERS = {"field": "stage", "op": "in", "value": ["first"]}


def link(title):
    return {"msgtype": "link", "link": {"title": title, "url": "https://shop.example.com/spring"}}


@pytest.fixture
def member(corp):
    """Who sends: two customers who have bought, four who have not."""
    member = rows.staff()
    corp.state.add_staff(member.userid, member.name)
    for stage in ("first", "first", "new", "new", "new", "new"):
        rows.customer(member, corp=corp, stage=stage)
    return member


def ready(**overrides):
    """The batch of a broadcast that caps do not stop, so that several reach the same customer."""
    return rows.frozen(touch_class="service", **overrides).batches.get()


def lose(corp, batch, kind="drop_after"):
    """Seconds after the one before: in trouble, calls are made one at a time."""
    before = Batch.objects.filter(state="unknown").count()
    corp.state.faults.add(CREATE, kind)
    dispatch.deliver_batch(batch_id=batch.pk, now=NOW + before * timedelta(seconds=5))
    batch.refresh_from_db()
    assert batch.state == "unknown"


def settled(*batches, now=SETTLED):
    for batch in batches:
        reconcile(batch_id=batch.pk, now=now)
        batch.refresh_from_db()


def receivers_of(corp, batch):
    (task,) = (task for task in corp.state.tasks() if task.msgid == batch.msgid)
    return sorted(receiver for own in task.targets.values() for receiver in own)


def customers_of(batch):
    return sorted(batch.recipients.values_list("external_userid", flat=True))


def test_the_same_words_with_another_link_are_another_task(corp, member):
    spring, summer = ready(attachments=[link("Spring")]), ready(attachments=[link("Summer")])
    lose(corp, spring, "drop_before")
    lose(corp, summer)
    settled(spring, summer)
    assert (spring.state, summer.state) == ("ready", "accepted")


def test_a_link_comes_back_with_empty_parts_and_is_still_ours(corp, member):
    spring = ready(attachments=[link("Spring")])
    lose(corp, spring)
    settled(spring)
    assert spring.state == "accepted"


@pytest.mark.parametrize("first", [0, 1], ids=["the larger first", "the smaller first"])
def test_two_lost_at_once_get_each_its_own_even_if_one_audience_lies_in_the_other(
    corp, member, first
):
    both = [ready(), ready(segment=rows.segment(BUYERS))]
    for batch in both:
        lose(corp, batch)
    settled(both[first], both[1 - first])
    for batch in both:
        assert receivers_of(corp, batch) == customers_of(batch)


def test_the_task_of_a_part_is_not_taken_for_the_whole(corp, member):
    whole, part = ready(), ready(segment=rows.segment(BUYERS))
    lose(corp, whole, "drop_before")
    lose(corp, part)
    settled(whole, part)
    assert (whole.state, part.state) == ("ready", "accepted")


def test_those_whom_wecom_left_out_do_not_hide_the_task(corp, member):
    spring = ready()
    gone = Recipient.objects.filter(batch=spring).first()
    corp.state.unfollow_by_contact(member.userid, gone.external_userid)
    lose(corp, spring)
    settled(spring)
    assert spring.state == "accepted"
    gone.refresh_from_db()
    assert gone.result == "refused"
    assert Recipient.objects.exclude(result="").count() == 1


def test_a_task_that_reaches_others_as_well_is_not_ours(corp, member):
    part = ready(segment=rows.segment(BUYERS))
    everybody = Contact.objects.values_list("external_userid", flat=True)
    wecom.get_gateway().create_group_message(
        sender=member.userid, text="Spring is here.", external_userids=list(everybody)
    )
    lose(corp, part, "drop_before")
    settled(part)
    assert part.state == "ready"


@pytest.mark.parametrize("minutes", [-30, 30])
def test_a_clock_that_is_wrong_by_minutes_hides_no_task(corp, member, minutes):
    spring = ready()
    corp.state.clock.set(NOW + timedelta(minutes=minutes))
    lose(corp, spring)
    settled(spring)
    assert spring.state == "accepted"


def test_every_page_of_receivers_is_read(corp, member):
    """The first thousand of the larger task are the whole of the smaller one."""
    _many(corp, member, 1100)
    last = Contact.objects.order_by("pk").values_list("pk", flat=True)[1000 : 1000 + 106]
    ContactFacts.objects.filter(pk__in=list(last)).update(stage="silent")
    small = ready(
        segment=rows.segment({"not": {"field": "stage", "op": "in", "value": ["silent"]}})
    )
    large = ready()
    assert (small.size, large.size) == (1000, 1106)
    lose(corp, small, "drop_before")
    lose(corp, large)
    settled(small, large)
    assert (small.state, large.state) == ("ready", "accepted")


def _many(corp, member, size):
    contacts = Contact.objects.bulk_create(
        Contact(
            external_userid=f"wm-many-{number:05d}",
            name="Many",
            stage_since=NOW,
            first_followed_at=NOW,
        )
        for number in range(size)
    )
    Follow.objects.bulk_create(
        Follow(contact=contact, staff=member, added_at=NOW) for contact in contacts
    )
    ContactFacts.objects.bulk_create(
        ContactFacts(
            contact=contact,
            relation="friend",
            stage="new",
            kind=1,
            gender=0,
            first_followed_at=NOW,
            last_followed_at=NOW,
        )
        for contact in contacts
    )
    for contact in contacts:
        corp.state.add_contact(contact.external_userid, contact.name)
        corp.state.follow(member.userid, contact.external_userid)


def test_a_task_that_cannot_be_read_yet_keeps_the_question_open(corp, member):
    spring = ready()
    lose(corp, spring)
    corp.state.faults.add("externalcontact/get_groupmsg_task", "errcode", 41063)
    reconcile_due(now=SETTLED)
    spring.refresh_from_db()
    assert spring.state == "unknown"
    reconcile_due(now=SETTLED + timedelta(seconds=61))
    spring.refresh_from_db()
    assert spring.state == "accepted"


def test_while_wecom_lists_no_tasks_every_lost_call_waits(corp, member):
    spring, summer = ready(attachments=[link("Spring")]), ready(attachments=[link("Summer")])
    lose(corp, spring)
    lose(corp, summer)
    corp.state.faults.add("externalcontact/get_groupmsg_list_v2", "http", 500)
    assert reconcile_due(now=SETTLED) == 0
    assert set(Batch.objects.values_list("state", flat=True)) == {"unknown"}
    assert reconcile_due(now=SETTLED) == 0
    reconcile_due(now=SETTLED + timedelta(minutes=1))
    assert set(Batch.objects.values_list("state", flat=True)) == {"accepted"}


def test_a_late_answer_is_believed_as_long_as_nobody_tries_again(corp, member):
    spring = ready()
    lose(corp, spring, "drop_before")
    settled(spring)
    assert spring.state == "ready"
    assert dispatch.record_acceptance(batch_id=spring.pk, attempt=1, msgid="late", now=SETTLED)
    assert Batch.objects.get().state == "accepted"
    dispatch.deliver_batch(batch_id=spring.pk, now=SETTLED)
    assert not corp.state.tasks()


def test_several_lost_at_once_are_found_without_asking_for_every_task_again(corp):
    """With the same words to as many staff members, as after a bad minute of WeCom."""
    for _each in range(3):
        member = rows.staff()
        corp.state.add_staff(member.userid, member.name)
        rows.customer(member, corp=corp, stage="first")
    lost = list(rows.frozen(touch_class="service").batches.order_by("pk"))
    for batch in lost:
        lose(corp, batch)
    corp.state.calls.clear()
    settled(lost[0])
    reconcile_due(now=SETTLED + timedelta(minutes=2))
    assert {batch.state for batch in Batch.objects.all()} == {"accepted"}
    assert corp.state.calls["externalcontact/get_groupmsg_list_v2"] == 2
    assert corp.state.calls["externalcontact/get_groupmsg_task"] == len(lost)
