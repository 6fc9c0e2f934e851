"""The REST API of this app; `scrm.api` asks for its view sets."""

from groups.api.duplicates import DuplicateViewSet
from groups.api.groups import GroupViewSet
from groups.api.statistics import GroupStatisticsViewSet

__all__ = ["VIEWSETS"]

VIEWSETS = {
    "groups": GroupViewSet,
    "group-duplicates": DuplicateViewSet,
    "group-statistics": GroupStatisticsViewSet,
}
