from groups.models.group_chat import GroupChat
from groups.models.group_day import FigureDay, GroupDay, OwnerDay
from groups.models.group_event import GroupEvent
from groups.models.group_facts import GroupFacts
from groups.models.group_member import GroupMember

__all__ = [
    "FigureDay",
    "GroupChat",
    "GroupDay",
    "GroupEvent",
    "GroupFacts",
    "GroupMember",
    "OwnerDay",
]
