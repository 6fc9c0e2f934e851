from groups.models.group_chat import GroupChat
from groups.models.group_member import GroupMember

__all__ = ["GroupChat", "GroupMember"]
