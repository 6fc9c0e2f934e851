"""A small world with one row of everything that has an address, for the walks over all addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from functools import cached_property

from analytics.models import ReportFile, ReportPlan, ReportSending
from broadcasts.models import (
    Broadcast,
    BroadcastPlan,
    Complaint,
    GroupWelcome,
    Journey,
    JourneyEnrolment,
    JourneyRun,
    Material,
    MaterialFolder,
    MediaFile,
    TrackedLink,
    WebhookEndpoint,
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
    Department,
    Handover,
    HandoverItem,
    OrderDelivery,
    OrderImport,
    OrderSource,
    Preference,
    PreferenceJob,
    Product,
    ProfileField,
    Segment,
    Staff,
    StaffTask,
    Tag,
    TagGroup,
    TagJob,
    Topic,
)
from contacts.services.facts import rebuild_facts
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
from scrm.console.models import Operator, Role, ShareLink
from scrm.wecom.models import CallbackEvent, SyncRun
from tests import build
from tests.analytics import alert_rows
from tests.broadcasts import journey_rows, material_rows, welcome_rows
from tests.broadcasts import rows as broadcast_rows
from tests.contacts import rows
from tests.contacts.rows import NOW

OURS_PHONE, THEIR_PHONE = "13812345678", "13987654321"
STRANGER = "Madame Elsewhere"


@dataclass
class World:
    """Two departments that know nothing of each other; `ours` is friend of Alice, `theirs` of Zoe.

    `lead` leads Alice's department, `alice` is her own log-in.
    """

    alice: Staff
    ours: Contact
    theirs: Contact
    segment: Segment
    group: GroupChat
    their_group: GroupChat
    broadcast: Broadcast
    journey: Journey
    welcome: Welcome
    callback: CallbackEvent
    sync: SyncRun
    product: Product
    tag: Tag
    tag_job: TagJob
    department: Department
    operators: dict[str, Operator]

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The key that an address takes, by the first word of its path; looked up once, for
        hundreds of addresses ask.
        """
        return {
            "contacts": self.ours.pk,
            "orders": self.ours.orders.get().pk,
            "order-imports": OrderImport.objects.get().pk,
            "group-welcomes": GroupWelcome.objects.get().pk,
            "preference-jobs": PreferenceJob.objects.get().pk,
            "join-ways": JoinWay.objects.get().pk,
            "api-tokens": self.operators["analyst"].pk,
            "segments": self.segment.pk,
            "groups": self.group.pk,
            "group-tags": GroupTag.objects.get().pk,
            "group-tag-sets": GroupTagSet.objects.get().pk,
            "group-segments": GroupSegment.objects.get().pk,
            "nickname-rules": NicknameRule.objects.get().pk,
            "group-handovers": GroupHandover.objects.get().pk,
            "broadcasts": self.broadcast.pk,
            "broadcast-plans": BroadcastPlan.objects.get().pk,
            "journeys": self.journey.pk,
            "journey-runs": self.journey.runs.get().pk,
            "enrolments": self.journey.enrolments.get().pk,
            "welcomes": self.welcome.pk,
            "materials": Material.objects.get().pk,
            "material-folders": MaterialFolder.objects.get().pk,
            "media-files": MediaFile.objects.get().pk,
            "links": TrackedLink.objects.get().pk,
            "welcome-deliveries": self.welcome.deliveries.get().pk,
            "callbacks": self.callback.pk,
            "sync": self.sync.pk,
            "handovers": Handover.objects.get().pk,
            "blocked-imports": BlockedImport.objects.get().pk,
            "topics": Topic.objects.get().pk,
            "preferences": self.ours.pk,
            "tags": self.tag.pk,
            "tag-groups": self.tag.group_id,
            "channels": CostEntry.objects.get().channel_id,
            "channel-costs": CostEntry.objects.get().pk,
            "tag-jobs": self.tag_job.pk,
            "webhooks": WebhookEndpoint.objects.get().pk,
            "order-sources": OrderSource.objects.get().pk,
            "complaints": Complaint.objects.get().pk,
            "follows": self.ours.follows.get().pk,
            "staff-value": self.alice.pk,
            "tasks": self.ours.staff_tasks.get().pk,
            "notes": self.ours.notes.get().pk,
            "churn-alerts": self.ours.churn_alerts.get().pk,
            "profile-fields": ProfileField.objects.get().pk,
            "reports": ReportPlan.objects.get().pk,
            "report-files": ReportFile.objects.get().pk,
            "report-sendings": ReportSending.objects.get().pk,
            "shares": ShareLink.objects.get().pk,
        }


def world() -> World:
    east = Department.objects.create(name="East", wecom_id=2, parent_wecom_id=1)
    Department.objects.create(name="West", wecom_id=3, parent_wecom_id=1)
    alice = rows.staff(userid="alice", name="Alice", department_wecom_ids=[2])
    zoe = rows.staff(userid="zoe", name="Zoe", department_wecom_ids=[3])
    ours = _customer(alice, name="Xiaoyu", phone=OURS_PHONE)
    theirs = _customer(zoe, name=STRANGER, phone=THEIR_PHONE)
    shelf = TagGroup.objects.create(name="Region", group_id="g1")
    tag = Tag.objects.create(name="North", tag_id="t1", group=shelf)
    product = Product.objects.create(sku="tea", name="Tea")
    rebuild_facts()
    operators = {
        role.value: build.operator(
            role=role, staff_userid="alice" if role in {Role.LEAD, Role.STAFF} else ""
        )
        for role in Role
    }
    ProfileField.objects.create(key="skin", label="Skin", created_at=NOW)
    for person, member in ((ours, alice), (theirs, zoe)):
        _follow_up(person, member, operators["operator"])
        alert_rows.alert(person, member, note=f"Called {person.name} {person.phone}")
    _care(ours, alice, zoe, operators["operator"])
    _group_work(alice, zoe)
    _content()
    segment = broadcast_rows.segment()
    broadcast_rows.plan(segment=segment)
    _channel()
    Complaint.objects.create(contact=ours, at=NOW, words="TD", recorded_at=NOW)
    _figures(operators["admin"])
    _shop()
    WebhookEndpoint.objects.create(
        name="ERP", url="https://example.com/", kinds=["contact.added"], created_at=NOW
    )
    return World(
        alice=alice,
        ours=ours,
        theirs=theirs,
        segment=segment,
        group=_group(alice, ours),
        their_group=_group(zoe, theirs),
        broadcast=broadcast_rows.broadcast(state="draft", scheduled_at=None, segment=segment),
        journey=_journey(ours, segment, operators["operator"]),
        welcome=_welcome(alice),
        callback=CallbackEvent.objects.create(
            digest="0" * 64,
            event="change_external_contact",
            body=f"<xml><WelcomeCode>CODE</WelcomeCode><Remark>{OURS_PHONE}</Remark></xml>",
            received_at=NOW,
            due_at=NOW,
        ),
        sync=SyncRun.objects.create(
            kind="full", state="done", started_at=NOW, progressed_at=NOW, finished_at=NOW
        ),
        product=product,
        tag=tag,
        tag_job=TagJob.objects.create(
            add_tag_ids=[tag.pk], created_at=NOW, handed_at=NOW, created_by=operators["operator"]
        ),
        department=east,
        operators=operators,
    )


def _shop() -> None:
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


def _group_work(alice: Staff, zoe: Staff) -> None:
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


def _figures(operator: Operator) -> None:
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


def _channel() -> None:
    times = {"due_at": NOW, "created_at": NOW, "updated_at": NOW}
    poster = Channel.objects.create(
        name="Poster", kind="named", status="live", state="poster", **times
    )
    CostEntry.objects.create(
        channel=poster, spent_on=NOW, amount_fen=100, created_at=NOW, updated_at=NOW
    )


def _content() -> None:
    """A picture in a folder, and a link."""
    MaterialFolder.objects.create(name="Spring")
    material_rows.material()
    create_link(target="https://tea.example.com/", title="Tea", operator=None, now=NOW)


def _journey(person: Contact, segment: Segment, operator: Operator) -> Journey:
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


def _welcome(member: Staff) -> Welcome:
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


def _customer(member: Staff, **overrides: str) -> Contact:
    person = rows.contact(**overrides)
    rows.follow(person, member, remark=f"{overrides['name']} {overrides['phone']}")
    rows.order(person, buyer_phone=overrides["phone"], external_id=f"o-{overrides['name']}")
    return person


def _follow_up(person: Contact, member: Staff, operator: Operator) -> None:
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


def _care(person: Contact, giver: Staff, receiver: Staff, operator: Operator) -> None:
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


def _group(owner: Staff, person: Contact) -> GroupChat:
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
