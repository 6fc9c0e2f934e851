"""The REST API of this app; `scrm.api` asks for its view sets."""

from contacts.api.base import NewestFirst
from contacts.api.blocked_imports import BlockedImportViewSet
from contacts.api.care import HandoverViewSet, PreferenceViewSet, TopicViewSet
from contacts.api.channels import ChannelViewSet, CostViewSet
from contacts.api.contacts import ContactViewSet
from contacts.api.follow_up import NoteViewSet, TaskViewSet
from contacts.api.orders import OrderViewSet
from contacts.api.profile import ProfileFieldViewSet
from contacts.api.segments import SegmentViewSet
from contacts.api.tags import TagGroupViewSet, TagJobViewSet, TagViewSet

__all__ = ["VIEWSETS", "NewestFirst"]

VIEWSETS = {
    "blocked-imports": BlockedImportViewSet,
    "channels": ChannelViewSet,
    "channel-costs": CostViewSet,
    "contacts": ContactViewSet,
    "handovers": HandoverViewSet,
    "notes": NoteViewSet,
    "orders": OrderViewSet,
    "preferences": PreferenceViewSet,
    "profile-fields": ProfileFieldViewSet,
    "segments": SegmentViewSet,
    "tags": TagViewSet,
    "tag-groups": TagGroupViewSet,
    "tag-jobs": TagJobViewSet,
    "tasks": TaskViewSet,
    "topics": TopicViewSet,
}
