"""What segments may ask about customer groups (客户群)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Expression, F, Func, IntegerField, Q
from django.utils.translation import gettext_lazy as _

from scrm.segments.choices import Rows
from scrm.segments.fields import Field, register
from scrm.segments.kinds import Kind

_GROUPS = _("Customer groups")


def register_fields() -> None:
    """Called once, from `GroupsConfig.ready()`."""
    register(
        Field(
            name="group",
            label=_("Groups she is in"),
            group=_GROUPS,
            kind=Kind.SET,
            column="group_ids",
            choices=Rows(
                "groups.GroupChat",
                offered=Q(dismissed_at__isnull=True),
                search=("name", "chat_id"),
            ),
            help=_("Groups the customer is in now."),
        ),
        Field(
            name="group.count",
            label=_("Number of groups"),
            group=_GROUPS,
            kind=Kind.NUMBER,
            expression=_number_of_groups,
        ),
    )


def _number_of_groups(_now: datetime) -> Expression:
    return Func(F("group_ids"), function="CARDINALITY", output_field=IntegerField())
