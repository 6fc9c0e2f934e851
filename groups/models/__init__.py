from groups.models.group_chat import GroupChat
from groups.models.group_day import FigureDay, GroupDay, OwnerDay
from groups.models.group_event import GroupEvent
from groups.models.group_facts import GroupFacts
from groups.models.group_member import GroupMember
from groups.models.handover import GroupHandover, GroupHandoverItem
from groups.models.join_way import JoinWay
from groups.models.nickname import (
    NicknameDue,
    NicknameMark,
    NicknamePart,
    NicknameReading,
    NicknameRule,
    NicknameValue,
    NicknameWord,
)
from groups.models.segment import GroupSegment, GroupSegmentVersion
from groups.models.tag import GroupTag, GroupTagMark, GroupTagSet

__all__ = [
    "FigureDay",
    "GroupChat",
    "GroupDay",
    "GroupEvent",
    "GroupFacts",
    "GroupHandover",
    "GroupHandoverItem",
    "GroupMember",
    "GroupSegment",
    "GroupSegmentVersion",
    "GroupTag",
    "GroupTagMark",
    "GroupTagSet",
    "JoinWay",
    "NicknameDue",
    "NicknameMark",
    "NicknamePart",
    "NicknameReading",
    "NicknameRule",
    "NicknameValue",
    "NicknameWord",
    "OwnerDay",
]
