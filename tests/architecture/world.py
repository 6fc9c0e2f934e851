"""A small world with one row of everything that has an address, for the walks over all addresses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from analytics.models import ReportFile, ReportPlan, ReportSending
from broadcasts.models import (
    Broadcast,
    BroadcastPlan,
    Complaint,
    GroupWelcome,
    Journey,
    Material,
    MaterialFolder,
    MediaFile,
    TrackedLink,
    WebhookEndpoint,
    Welcome,
)
from contacts.models import (
    BlockedImport,
    Contact,
    CostEntry,
    Department,
    Handover,
    OrderImport,
    OrderSource,
    PreferenceJob,
    Product,
    ProfileField,
    Segment,
    Staff,
    Tag,
    TagGroup,
    TagJob,
    Topic,
)
from contacts.services.facts import rebuild_facts
from groups.models import (
    GroupChat,
    GroupHandover,
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
from tests.architecture import world_rows
from tests.architecture.world_rows import THEIR_PHONE
from tests.broadcasts import rows as broadcast_rows
from tests.contacts import rows
from tests.contacts.rows import NOW

OURS_PHONE = "13812345678"
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
    ours = world_rows.customer(alice, name="Xiaoyu", phone=OURS_PHONE)
    theirs = world_rows.customer(zoe, name=STRANGER, phone=THEIR_PHONE)
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
        world_rows.follow_up(person, member, operators["operator"])
        alert_rows.alert(person, member, note=f"Called {person.name} {person.phone}")
    world_rows.care(ours, alice, zoe, operators["operator"])
    world_rows.group_work(alice, zoe)
    world_rows.content()
    segment = broadcast_rows.segment()
    broadcast_rows.plan(segment=segment)
    world_rows.channel()
    Complaint.objects.create(contact=ours, at=NOW, words="TD", recorded_at=NOW)
    world_rows.figures(operators["admin"])
    world_rows.shop()
    WebhookEndpoint.objects.create(
        name="ERP", url="https://example.com/", kinds=["contact.added"], created_at=NOW
    )
    return World(
        alice=alice,
        ours=ours,
        theirs=theirs,
        segment=segment,
        group=world_rows.group(alice, ours),
        their_group=world_rows.group(zoe, theirs),
        broadcast=broadcast_rows.broadcast(state="draft", scheduled_at=None, segment=segment),
        journey=world_rows.journey(ours, segment, operators["operator"]),
        welcome=world_rows.welcome(alice),
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
