"""The REST API of this app; `scrm.api` asks for its view sets."""

from contacts.api.base import NewestFirst
from contacts.api.contacts import ContactViewSet
from contacts.api.segments import SegmentViewSet
from contacts.api.tags import TagGroupViewSet, TagJobViewSet, TagViewSet

__all__ = ["VIEWSETS", "NewestFirst"]

VIEWSETS = {
    "contacts": ContactViewSet,
    "segments": SegmentViewSet,
    "tags": TagViewSet,
    "tag-groups": TagGroupViewSet,
    "tag-jobs": TagJobViewSet,
}
