"""The REST API of this app; `scrm.api` asks for its view sets."""

from contacts.api.base import NewestFirst
from contacts.api.contacts import ContactViewSet
from contacts.api.segments import SegmentViewSet

__all__ = ["VIEWSETS", "NewestFirst"]

VIEWSETS = {"contacts": ContactViewSet, "segments": SegmentViewSet}
