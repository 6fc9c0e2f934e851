"""Builders of groups and members, for tests that need no WeCom."""

from __future__ import annotations

from datetime import timedelta

from groups.models import GroupChat, GroupMember
from groups.services.group_facts import refresh_group_facts
from tests.contacts.rows import NOW


def group(owner, **overrides):
    number = GroupChat.objects.count() + 1
    chat = GroupChat.objects.create(
        **{
            "chat_id": f"wr{number}",
            "name": f"Group {number}",
            "owner": owner,
            "owner_userid": owner.userid,
            "created_at": NOW - timedelta(days=number),
            **overrides,
        }
    )
    refresh_group_facts([chat.pk])
    return chat


def member(chat, person=None, **overrides):
    number = GroupMember.objects.count() + 1
    made = GroupMember.objects.create(
        **{
            "group": chat,
            "member_id": person.external_userid if person else f"wmOther{number}",
            "kind": 2,
            "contact": person,
            "name": person.name if person else f"Stranger {number}",
            "joined_at": NOW,
            "join_scene": 3,
            **overrides,
        }
    )
    refresh_group_facts([chat.pk])
    return made
