"""The REST API of this app; `scrm.api` asks for its view sets."""

from groups.api.duplicates import DuplicateViewSet
from groups.api.groups import GroupViewSet
from groups.api.handovers import GroupHandoverViewSet
from groups.api.join_ways import JoinWayViewSet
from groups.api.nicknames import NicknameRuleViewSet
from groups.api.segments import GroupSegmentViewSet
from groups.api.statistics import GroupStatisticsViewSet
from groups.api.tags import GroupTagViewSet

__all__ = ["VIEWSETS"]

VIEWSETS = {
    "groups": GroupViewSet,
    "group-duplicates": DuplicateViewSet,
    "group-statistics": GroupStatisticsViewSet,
    "group-tags": GroupTagViewSet,
    "group-segments": GroupSegmentViewSet,
    "join-ways": JoinWayViewSet,
    "nickname-rules": NicknameRuleViewSet,
    "group-handovers": GroupHandoverViewSet,
}
