from contacts.models.bill_pull import BillPull
from contacts.models.blocked_import import BlockedImport, BlockedImportLine
from contacts.models.channel import Channel, ChannelArrival, ChannelShift, CostEntry
from contacts.models.code_picture import CodePicture
from contacts.models.contact import Contact, Gender, Preference, Relation
from contacts.models.event import ContactEvent
from contacts.models.facts import ContactFacts
from contacts.models.follow import Follow
from contacts.models.handover import (
    Handover,
    HandoverBar,
    HandoverItem,
    HandoverMode,
    UnassignedFollow,
    UnassignedReading,
)
from contacts.models.lifecycle import (
    LifecycleSettings,
    LifecycleTransition,
    LostKind,
    Stage,
    StageReader,
)
from contacts.models.loss_alert import LossAlert, LossAlertSettings, ToldLoss
from contacts.models.note import NOTE_CHARS, ContactNote
from contacts.models.order import MatchKind, Order, OrderItem, Product
from contacts.models.order_entry import OrderEntry
from contacts.models.order_import import OrderImport, OrderImportFault, OrderImportLine
from contacts.models.order_mapping import OrderMapping
from contacts.models.order_source import OrderDelivery, OrderSource
from contacts.models.preference_job import PreferenceJob
from contacts.models.product_figures import (
    AssortmentFigures,
    AssortmentSettings,
    ProductFigures,
)
from contacts.models.profile_field import ProfileField, ValueSource
from contacts.models.saved_view import DefaultView, SavedView
from contacts.models.segment import Segment, SegmentMember, SegmentVersion
from contacts.models.staff import Department, Staff
from contacts.models.staff_day import StaffDay, StaffDayReading
from contacts.models.staff_task import TASK_CHARS, StaffTask
from contacts.models.sync_seen import SyncSeen
from contacts.models.tag import ContactTag, FollowTag, Tag, TagGroup, TagKind
from contacts.models.tag_job import MarkProblem, TagJob, TagJobFailure, TagJobItem
from contacts.models.tag_rule import RuleProblem, TagRule, TagRuleMark, TagRuleRun
from contacts.models.topic import Topic

__all__ = [
    "NOTE_CHARS",
    "TASK_CHARS",
    "AssortmentFigures",
    "AssortmentSettings",
    "BillPull",
    "BlockedImport",
    "BlockedImportLine",
    "Channel",
    "ChannelArrival",
    "ChannelShift",
    "CodePicture",
    "Contact",
    "ContactEvent",
    "ContactFacts",
    "ContactNote",
    "ContactTag",
    "CostEntry",
    "DefaultView",
    "Department",
    "Follow",
    "FollowTag",
    "Gender",
    "Handover",
    "HandoverBar",
    "HandoverItem",
    "HandoverMode",
    "LifecycleSettings",
    "LifecycleTransition",
    "LossAlert",
    "LossAlertSettings",
    "LostKind",
    "MarkProblem",
    "MatchKind",
    "Order",
    "OrderDelivery",
    "OrderEntry",
    "OrderImport",
    "OrderImportFault",
    "OrderImportLine",
    "OrderItem",
    "OrderMapping",
    "OrderSource",
    "Preference",
    "PreferenceJob",
    "Product",
    "ProductFigures",
    "ProfileField",
    "Relation",
    "RuleProblem",
    "SavedView",
    "Segment",
    "SegmentMember",
    "SegmentVersion",
    "Staff",
    "StaffDay",
    "StaffDayReading",
    "StaffTask",
    "Stage",
    "StageReader",
    "SyncSeen",
    "Tag",
    "TagGroup",
    "TagJob",
    "TagJobFailure",
    "TagJobItem",
    "TagKind",
    "TagRule",
    "TagRuleMark",
    "TagRuleRun",
    "ToldLoss",
    "Topic",
    "UnassignedFollow",
    "UnassignedReading",
    "ValueSource",
]
