"""Builders for the tests of channels."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from contacts.models import Channel, Staff
from contacts.services.channels import ChannelDraft, create_channel
from tests import build
from tests.contacts import rows


def serving(corp, *userids):
    """Staff at WeCom and in our table."""
    for userid in userids:
        corp.state.add_staff(userid, userid.title())
    return [rows.staff(userid=userid, name=userid.title()) for userid in userids]


def draft(**overrides):
    values = {"name": "Counter", "staff_ids": [s.pk for s in Staff.objects.order_by("pk")[:1]]}
    return ChannelDraft(**{**values, **overrides})


def made(*, kind="code", now=None, operator=None, **overrides):
    return create_channel(
        draft=draft(**overrides),
        kind=kind,
        operator=operator or build.operator(),
        now=now or timezone.now(),
    )


def named(state="poster", **overrides):
    """A channel that needs nothing of WeCom."""
    now = timezone.now() - timedelta(days=100)
    values = {"name": "Poster", "kind": "named", "status": "live", "state": state}
    times = {"due_at": now, "created_at": now, "updated_at": now}
    return Channel.objects.create(**{**values, **times, **overrides})
