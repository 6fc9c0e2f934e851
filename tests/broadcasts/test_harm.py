"""The harm guard: what counts as a loss, what is usual, and that it stops what does harm."""

from datetime import timedelta

import pytest

from broadcasts.models import (
    Batch,
    Broadcast,
    Complaint,
    HarmAlarm,
    HarmBase,
    HarmWatch,
    OperatorNotice,
    Touch,
)
from broadcasts.services import harm, operator_notices, windows
from broadcasts.services.complaints import ComplaintDraft, record_complaint
from broadcasts.services.harm import NoAlarm, count_usual_losses, write_post_mortem
from contacts.models import Follow
from groups.models import GroupMember, GroupSegment
from scrm.audit.models import AuditEntry
from scrm.errors import InvalidInput
from tests import build
from tests.broadcasts import rows
from tests.broadcasts.rows import NOW
from tests.contacts.rows import staff
from tests.groups import rows as group_rows

pytestmark = pytest.mark.django_db


def later(**span):
    return NOW + timedelta(**span)


@pytest.fixture
def author(db):
    return build.operator(role="operator", staff_userid="mei")


@pytest.fixture
def spring(author):
    """A broadcast of two members with 40 customers each; the first has just sent hers."""
    first, second = staff(), staff()
    for member in (first, second):
        for _head in range(40):
            rows.customer(member)
    broadcast = rows.frozen(created_by=author)
    for batch in Batch.objects.filter(broadcast=broadcast):
        Batch.objects.filter(pk=batch.pk).update(
            state="accepted", intent_at=NOW, msgid=f"m{batch.pk}"
        )
    sent = Batch.objects.get(staff=first)
    Batch.objects.filter(pk=sent.pk).update(confirmed_at=NOW)
    for recipient in broadcast.recipients.filter(batch=sent):
        Touch.objects.create(
            contact_id=recipient.contact_id,
            staff=first,
            channel="private",
            touch_class="light",
            at=NOW,
            broadcast=broadcast,
            batch=sent,
        )
    return broadcast


def touched(broadcast):
    return Follow.objects.filter(contact_id__in=broadcast.touches.values("contact_id")).order_by(
        "pk"
    )


def unfriend(follows, *, at):
    for follow in follows:
        Follow.objects.filter(pk=follow.pk).update(status="by_contact", ended_at=at)


def look(broadcast, *, now):
    broadcast.refresh_from_db()
    return harm.look_at(broadcast=broadcast, now=now)


def test_one_unfriend_in_a_young_corp_stops_nothing(spring):
    unfriend(touched(spring)[:1], at=later(minutes=5))
    assert harm.look(now=later(minutes=6)) == 1
    seen = HarmWatch.objects.get()
    assert (seen.touched, seen.losses, seen.unfriended, seen.verdict) == (40, 1, 1, "calm")
    assert not HarmAlarm.objects.exists()


def test_many_unfriends_stop_the_rest_and_tell_author_and_admins(spring, corp):
    admin = build.operator(staff_userid="boss")
    build.operator(role="analyst", staff_userid="nosy")
    corp.state.add_staff("boss")
    corp.state.add_staff("mei")
    unfriend(touched(spring)[:12], at=later(minutes=5))
    harm.look(now=later(minutes=6))
    spring.refresh_from_db()
    assert (spring.state, spring.stop_reason) == ("stopped", "harm")
    alarm = HarmAlarm.objects.get()
    assert (alarm.was_stopped, alarm.look.losses) == (True, 12)
    # What staff have not confirmed is cancelled by the next tick.
    assert windows.close_due(now=later(minutes=6)) == 1
    notice = OperatorNotice.objects.get()
    assert notice.receivers == ["boss", "mei"]
    assert "Spring" in notice.text
    assert operator_notices.send_due(now=later(minutes=6)) == 1
    assert operator_notices.send_due(now=later(minutes=7)) == 0
    acts = AuditEntry.objects.filter(subject_kind="broadcast").values_list("action", flat=True)
    assert {"broadcast.harm", "broadcast.stop"} <= set(acts)
    assert admin.pk


def test_the_alarm_is_raised_once_and_the_looks_go_on(spring):
    unfriend(touched(spring)[:12], at=later(minutes=5))
    for minute in (6, 7, 8):
        harm.look(now=later(minutes=minute))
    assert HarmAlarm.objects.count() == OperatorNotice.objects.count() == 1
    seen = HarmWatch.objects.get()
    assert (seen.looked_at, seen.seen_at) == (later(minutes=6), later(minutes=8))
    unfriend(touched(spring)[12:13], at=later(minutes=9))
    harm.look(now=later(minutes=10))
    assert HarmWatch.objects.count() == 2
    assert HarmAlarm.objects.count() == 1


def test_a_service_message_is_watched_and_never_stopped(spring):
    Broadcast.objects.filter(pk=spring.pk).update(touch_class="service")
    unfriend(touched(spring)[:12], at=later(minutes=5))
    harm.look(now=later(minutes=6))
    spring.refresh_from_db()
    assert spring.state == "submitting"
    assert HarmAlarm.objects.get().was_stopped is False
    assert OperatorNotice.objects.count() == 1


def test_only_what_happens_within_a_day_after_the_touch_counts(spring):
    first, second, third = touched(spring)[:3]
    unfriend([first], at=later(hours=23, minutes=59))
    unfriend([second], at=later(hours=25))
    Follow.objects.filter(pk=third.pk).update(status="by_staff", ended_at=later(minutes=1))
    assert look(spring, now=later(hours=26)).losses == 1


def test_after_a_day_nobody_looks_any_more(spring):
    assert harm.look(now=later(hours=24)) == 1
    assert harm.look(now=later(hours=26)) == 0


def test_who_complains_is_lost_once_even_when_she_goes(spring):
    gone, angry, old = touched(spring)[:3]
    unfriend([gone], at=later(minutes=5))
    for follow, at in ((gone, later(minutes=4)), (angry, later(minutes=4)), (old, later(hours=-1))):
        record_complaint(
            draft=ComplaintDraft(contact=follow.contact, at=at, words="TD"),
            operator=None,
            now=later(minutes=5),
        )
    seen = look(spring, now=later(minutes=6))
    assert (seen.losses, seen.unfriended, seen.complained) == (2, 1, 2)


def test_a_complaint_about_another_broadcast_is_not_this_ones(spring):
    follow = touched(spring)[0]
    draft = ComplaintDraft(
        contact=follow.contact, at=later(minutes=1), broadcast=rows.broadcast(), external_id="t-1"
    )
    one = record_complaint(draft=draft, operator=None, now=later(minutes=5))
    assert record_complaint(draft=draft, operator=None, now=later(minutes=6)) == one
    assert Complaint.objects.count() == 1
    assert look(spring, now=later(minutes=6)).losses == 0


def test_usual_are_the_losses_of_those_who_were_not_touched(spring):
    """Two members, 80 friendships of 28 days; one of the untouched left, one of the touched."""
    Follow.objects.update(added_at=NOW - timedelta(days=400))
    unfriend(touched(spring)[:1], at=later(minutes=5))
    others = Follow.objects.exclude(contact_id__in=spring.touches.values("contact_id"))
    unfriend(others.order_by("pk")[:1], at=later(days=-7))
    count_usual_losses(now=later(days=1))
    base = HarmBase.objects.filter(kind="private")
    assert {row.age_band for row in base} == {3}
    assert sum(row.losses for row in base) == 1
    # 80 × 28 days, less 8 of whoever left then, less the touched day of 40 and a day of one gone.
    gone_early = 1 - 5 / 1440
    assert sum(row.days for row in base) == pytest.approx(
        80 * 28 - 8 - (40 - gone_early) - gone_early, abs=0.01
    )


def test_ages_of_friendship_are_kept_apart(db):
    member = staff()
    person = rows.customer(member)
    Follow.objects.filter(contact=person).update(added_at=NOW - timedelta(days=10))
    count_usual_losses(now=NOW)
    days = dict(HarmBase.objects.filter(kind="private").values_list("age_band", "days"))
    assert days == {0: pytest.approx(7), 1: pytest.approx(3)}


def test_who_leaves_the_group_after_a_group_message_is_lost(db):
    owner = staff()
    group = group_rows.group(owner=owner)
    people = [rows.customer(owner) for _number in range(40)]
    members = [group_rows.member(group, person) for person in people]
    broadcast = rows.frozen()
    everywhere = GroupSegment.objects.create(name="All", rule={}, created_at=NOW, updated_at=NOW)
    Broadcast.objects.filter(pk=broadcast.pk).update(
        kind="group", segment=None, group_segment=everywhere
    )
    Batch.objects.filter(broadcast=broadcast).update(confirmed_at=NOW)
    broadcast.group_recipients.create(
        group=group,
        chat_id=group.chat_id,
        staff=owner,
        batch=Batch.objects.get(),
        state="chosen",
        sent_at=NOW,
    )
    for person in people:
        rows.touch(person, channel="group", broadcast=broadcast, staff=owner)
    for member in members[:9]:
        GroupMember.objects.filter(pk=member.pk).update(left_at=later(minutes=3), quit_scene=0)
    removed = members[9]
    GroupMember.objects.filter(pk=removed.pk).update(left_at=later(minutes=3), quit_scene=1)
    seen = look(broadcast, now=later(minutes=4))
    assert (seen.touched, seen.left_group, seen.unfriended) == (40, 9, 0)
    broadcast.refresh_from_db()
    assert broadcast.stop_reason == "harm"


def test_a_post_mortem_needs_an_alarm_and_words(spring, author):
    with pytest.raises(NoAlarm):
        write_post_mortem(broadcast=spring, words="x", operator=author, now=NOW)
    unfriend(touched(spring)[:12], at=later(minutes=5))
    harm.look(now=later(minutes=6))
    with pytest.raises(InvalidInput):
        write_post_mortem(broadcast=spring, words="  ", operator=author, now=NOW)
    write_post_mortem(broadcast=spring, words="Too salesy.", operator=author, now=later(hours=1))
    spring.refresh_from_db()
    assert spring.post_mortem == "Too salesy."
    assert HarmAlarm.objects.get().noted_by == author


def test_the_pages_show_what_the_guard_knows(spring, operator_client):
    home = operator_client.get("/").content.decode()
    assert "伤害预警" not in home.split("<main")[-1] or "没有人写下" not in home
    unfriend(touched(spring)[:12], at=later(minutes=5))
    harm.look(now=later(minutes=6))
    section = operator_client.get(f"/broadcasts/{spring.pk}/harm/").content.decode()
    assert "harm-curve" in section
    lines = operator_client.get(f"/broadcasts/{spring.pk}/harm.csv").getvalue().decode()
    assert len(lines.strip().splitlines()) == 2
    answer = operator_client.post(
        f"/broadcasts/{spring.pk}/post-mortem/", {"words": "Never again."}
    )
    assert answer.status_code == 302
    assert "Never again." in operator_client.get("/reach/harm/").content.decode()


def test_a_service_desk_tells_of_complaints_over_the_api(spring, operator_client):
    person = touched(spring)[0].contact
    given = {
        "external_userid": person.external_userid,
        "at": "2026-03-10T12:01:00+08:00",
        "words": "TD",
        "broadcast": spring.pk,
        "external_id": "ticket-7",
    }

    def post(**changed):
        return operator_client.post(
            "/api/v1/complaints/", given | changed, content_type="application/json"
        )

    first = post()
    assert first.status_code == 201, first.content
    assert post(words="told again").json()["id"] == first.json()["id"]
    assert post(at="2999-01-01T00:00:00+08:00", external_id="").json().keys() == {"at"}
    assert post(external_userid="wmNobody").status_code == 400
    assert look(spring, now=later(minutes=6)).complained == 1
    unfriend(touched(spring)[:12], at=later(minutes=5))
    harm.look(now=later(minutes=6))
    [alarm] = operator_client.get("/api/v1/harm-alarms/").json()["results"]
    assert (alarm["broadcast"], alarm["losses"], alarm["was_stopped"]) == (spring.pk, 12, True)
