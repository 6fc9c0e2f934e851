"""What the tables say, by WeCom's own ids, so that two databases can be compared."""

from __future__ import annotations

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q

from contacts.models import (
    Contact,
    ContactEvent,
    ContactFacts,
    Department,
    Follow,
    FollowTag,
    Staff,
    Tag,
)
from groups.models import GroupChat, GroupMember


def everything():
    """All that a sync writes, without our ids and without the moments it wrote at."""
    return {
        "departments": rows(Department, "wecom_id", "name", "parent_wecom_id", "is_gone"),
        "staff": rows(Staff, "userid", "name", "department_wecom_ids", "status", "is_following"),
        "tags": rows(Tag, "tag_id", "group__group_id", "group__name", "name", "is_gone"),
        "contacts": rows(
            Contact, "external_userid", "name", "unionid", "phone", "relation",
            "first_followed_at", "stage", "content_hash",
        ),
        "follows": rows(
            Follow, "contact__external_userid", "staff__userid", "status", "added_at", "add_way",
            "state", "remark", "description", "remark_mobiles", "content_hash",
        ),
        "follow_tags": rows(
            FollowTag, "follow__contact__external_userid", "follow__staff__userid", "tag__tag_id"
        ),
        "groups": rows(
            GroupChat, "chat_id", "name", "owner__userid", "status", "member_version",
            "read_version",
        ),
        "members": rows(
            GroupMember, "group__chat_id", "member_id", "kind", "contact__external_userid", "name",
            "joined_at", "join_scene",
        ),
        "events": rows(ContactEvent, "contact__external_userid", "kind", "at"),
        "facts": facts(),
    }  # fmt: skip


def living():
    """What WeCom could still tell: living relations and groups, and the facts of their people."""
    friends = Q(relation=Contact._meta.get_field("relation").default)
    known = set(Contact.objects.filter(friends).values_list("external_userid", flat=True))
    return {
        "contacts": rows(Contact.objects.filter(friends), "external_userid", "name", "unionid"),
        "follows": rows(
            Follow.objects.filter(status=Follow.Status.ACTIVE),
            "contact__external_userid", "staff__userid", "added_at", "add_way", "state", "remark",
        ),
        "tags": rows(Tag.objects.filter(is_gone=False), "tag_id", "name", "group__name"),
        "follow_tags": rows(
            FollowTag.objects.filter(follow__status=Follow.Status.ACTIVE),
            "follow__contact__external_userid", "follow__staff__userid", "tag__tag_id",
        ),
        "groups": rows(
            GroupChat.objects.filter(dismissed_at__isnull=True),
            "chat_id", "name", "owner__userid", "status", "member_version",
        ),
        "members": rows(
            GroupMember.objects.filter(left_at__isnull=True, group__dismissed_at__isnull=True),
            "group__chat_id", "member_id", "kind", "joined_at",
        ),
        "facts": [row for row in facts() if row[0] in known],
    }  # fmt: skip


def rows(source, *columns):
    """The rows of a model or a query as sorted texts, which compare whatever is empty."""
    manager = getattr(source, "objects", source)
    return sorted(manager.values_list(*columns), key=repr)


def facts():
    """Customers with the tags, staff and groups that segments see on them, by WeCom's ids."""
    tags = dict(Tag.objects.values_list("pk", "tag_id"))
    staff = dict(Staff.objects.values_list("pk", "userid"))
    chats = dict(GroupChat.objects.values_list("pk", "chat_id"))
    found = ContactFacts.objects.values_list(
        "contact__external_userid", "relation", "stage", "tag_ids", "staff_ids", "group_ids"
    )
    return sorted(
        (
            person,
            relation,
            stage,
            sorted(tags[pk] for pk in tag_ids),
            sorted(staff[pk] for pk in staff_ids),
            sorted(chats[pk] for pk in group_ids),
        )
        for person, relation, stage, tag_ids, staff_ids, group_ids in found
    )


def as_the_corp_says(state):
    """The living relations and members in the shape of `of_our_tables`, from the simulator."""
    return {
        "follows": sorted(
            (
                follow.external_userid,
                follow.userid,
                follow.remark,
                follow.created_at,
                sorted(follow.tag_ids),
            )
            for own in state.follows.values()
            for follow in own.values()
            if not follow.ended_at
        ),
        "members": sorted(
            (chat.chat_id, member.member_id)
            for chat in state.chats.values()
            if not chat.dismissed_at
            for member in chat.members.values()
        ),
    }


def of_our_tables():
    """The living relations with their tags and the members of living groups."""
    follows = (
        Follow.objects.filter(status=Follow.Status.ACTIVE)
        .annotate(
            carried=ArrayAgg(
                "follow_tags__tag__tag_id", filter=Q(follow_tags__isnull=False), default=[]
            )
        )
        .values_list("contact__external_userid", "staff__userid", "remark", "added_at", "carried")
    )
    return {
        "follows": sorted(
            (person, userid, remark, int(added_at.timestamp()), sorted(carried))
            for person, userid, remark, added_at, carried in follows
        ),
        "members": sorted(
            GroupMember.objects.filter(
                left_at__isnull=True, group__dismissed_at__isnull=True
            ).values_list("group__chat_id", "member_id")
        ),
    }
