"""The rows of the small world, one subject after the other."""

from __future__ import annotations

from datetime import time

from analytics.models import ReportFile, ReportPlan
from broadcasts.models import (
    GroupWelcome,
    Journey,
    JourneyEnrolment,
    JourneyRun,
    MaterialFolder,
    Welcome,
    WelcomeDelivery,
)
from broadcasts.services.links import create_link
from contacts.models import (
    BlockedImport,
    BlockedImportLine,
    Channel,
    Contact,
    ContactNote,
    CostEntry,
    Handover,
    HandoverItem,
    OrderDelivery,
    OrderImport,
    OrderSource,
    Preference,
    PreferenceJob,
    Segment,
    Staff,
    StaffTask,
    Topic,
)
from groups.models import (
    GroupChat,
    GroupHandover,
    GroupMember,
    GroupSegment,
    GroupTag,
    GroupTagSet,
    JoinWay,
    NicknameRule,
)
from scrm.console.models import Operator, ShareLink
from tests.broadcasts import journey_rows, material_rows, welcome_rows
from tests.contacts import rows
from tests.contacts.rows import NOW

THEIR_PHONE = "13987654321"


def shop() -> None:
    """One that sent a refund of somebody nobody knows."""
    shop = OrderSource.objects.create(name="tmall", label="Tmall", created_at=NOW)
    OrderDelivery.objects.create(
        source=shop,
        digest="1" * 64,
        body=f'{{"orders": [{{"phone": "{THEIR_PHONE}"}}]}}',
        received_at=NOW,
        state="failed",
        refused=[{"list": "orders", "row": 0, "field": "amount_fen", "message": "is empty"}],
    )


def group_work(alice: Staff, zoe: Staff) -> None:
    shelf = GroupTagSet.objects.create(name="City")
    GroupTag.objects.create(name="North", tag_set=shelf)
    at = {"created_at": NOW, "updated_at": NOW}
    JoinWay.objects.create(name="Poster", state="gw-1", status="deleted", due_at=NOW, **at)
    GroupWelcome.objects.create(name="Hi", text="Hi", status="refused", **at)
    PreferenceJob.objects.create(
        wish="do_not_contact", source="list", contact_ids=[], total=0, created_at=NOW, handed_at=NOW
    )
    GroupSegment.objects.create(name="All groups", rule={"all": []}, **at)
    rule = NicknameRule.objects.create(name="Skin", separators="-", **at)
    for place, name in enumerate(("name", "skin")):
        rule.parts.create(place=place, name=name)
    GroupHandover.objects.create(
        kind="on_job", owner=alice, new_owner=zoe, created_at=NOW, not_before=NOW
    )


def figures(operator: Operator) -> None:
    """A scheduled report that was sent, and a shared page."""
    plan = ReportPlan.objects.create(
        name="Weekly",
        contents=["analytics-download/revenue"],
        covers="last_week",
        every="day",
        time=time(9),
        channel="wecom",
        userids=["alice"],
        language="zh-hans",
        next_at=NOW,
        owner=operator,
        created_at=NOW,
    )
    sending = plan.sendings.create(
        fire_at=NOW, first_on=NOW.date(), last_on=NOW.date(), due_at=NOW, created_at=NOW
    )
    ReportFile.objects.create(sending=sending, place=0, name="weekly.csv", content=b"a")
    ShareLink.objects.create(
        code="abcdefgh",
        path="/broadcast-effects/",
        digest="0" * 64,
        title="Effect of broadcasts",
        permission="analytics.view_contactmetrics",
        created_by=operator,
        created_at=NOW,
    )


def channel() -> None:
    times = {"due_at": NOW, "created_at": NOW, "updated_at": NOW}
    poster = Channel.objects.create(
        name="Poster", kind="named", status="live", state="poster", **times
    )
    CostEntry.objects.create(
        channel=poster, spent_on=NOW, amount_fen=100, created_at=NOW, updated_at=NOW
    )


def content() -> None:
    """A picture in a folder, and a link."""
    MaterialFolder.objects.create(name="Spring")
    material_rows.material()
    create_link(target="https://tea.example.com/", title="Tea", operator=None, now=NOW)


def journey(person: Contact, segment: Segment, operator: Operator) -> Journey:
    """In force, with somebody under way in it and a segment that was put in."""
    walked = journey_rows.journey(operator=operator)
    JourneyRun.objects.create(
        journey=walked,
        version=walked.version,
        contact=person,
        event_key="test",
        event_at=NOW,
        state="running",
        step="pause",
        due_at=NOW,
        entered_at=NOW,
        reached_at=NOW,
    )
    JourneyEnrolment.objects.create(
        journey=walked, name=segment.name, rule=segment.rule, created_at=NOW
    )
    return walked


def welcome(member: Staff) -> Welcome:
    made = welcome_rows.welcome()
    WelcomeDelivery.objects.create(
        digest="0" * 64,
        external_userid="wm-ours",
        userid=member.userid,
        staff=member,
        welcome=made,
        state="sent",
        received_at=NOW,
        claimed_at=NOW,
        finished_at=NOW,
        delay_ms=100,
    )
    return made


def customer(member: Staff, **overrides: str) -> Contact:
    person = rows.contact(**overrides)
    rows.follow(person, member, remark=f"{overrides['name']} {overrides['phone']}")
    rows.order(person, buyer_phone=overrides["phone"], external_id=f"o-{overrides['name']}")
    return person


def follow_up(person: Contact, member: Staff, operator: Operator) -> None:
    words = f"Call {person.name} {person.phone}"
    ContactNote.objects.create(contact=person, author=operator, text=words, at=NOW)
    StaffTask.objects.create(
        contact=person,
        staff=member,
        text=words,
        due_on=NOW.date(),
        created_by=operator,
        created_at=NOW,
        notice_since=NOW,
        notice_due_at=NOW,
    )


def care(person: Contact, giver: Staff, receiver: Staff, operator: Operator) -> None:
    """A hand-over, what a customer asked for, and a file of blocked customers."""
    handover = Handover.objects.create(
        mode="on_job",
        giver=giver,
        receiver=receiver,
        created_by=operator,
        created_at=NOW,
        next_at=NOW,
    )
    HandoverItem.objects.create(handover=handover, contact=person, state="asked", asked_at=NOW)
    Topic.objects.create(name="News")
    Preference.objects.create(contact=person, is_do_not_contact=True, updated_at=NOW)
    OrderImport.objects.create(
        name="orders.csv",
        source="shop",
        size=1,
        state="done",
        created_by=operator,
        created_at=NOW,
        finished_at=NOW,
    )
    imported = BlockedImport.objects.create(name="list.csv", created_by=operator, created_at=NOW)
    BlockedImportLine.objects.create(
        imported=imported, number=2, phone=THEIR_PHONE, state="unknown"
    )


def group(owner: Staff, person: Contact) -> GroupChat:
    group = GroupChat.objects.create(
        chat_id=f"chat-{owner.userid}",
        name=f"Group of {owner.name}",
        owner=owner,
        owner_userid=owner.userid,
        created_at=NOW,
    )
    GroupMember.objects.create(
        group=group,
        contact=person,
        member_id=person.external_userid,
        kind=2,
        name=person.name,
        joined_at=NOW,
    )
    return group
