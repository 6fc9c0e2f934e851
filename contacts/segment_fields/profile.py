"""What segments may ask of a customer herself: tags, stage, account, wishes."""

from __future__ import annotations

from datetime import datetime

from django.db.models import BooleanField, Expression, ExpressionWrapper, Q
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact, Gender, LostKind, Stage
from contacts.segment_fields.sources import size_of
from scrm.segments.choices import Fixed, Rows
from scrm.segments.compile import IsTrue
from scrm.segments.fields import Field
from scrm.segments.kinds import Kind

_GROUP = _("Customer profile")


def fields() -> list[Field]:
    return [
        Field(
            name="tag",
            label=_("Tags"),
            group=_GROUP,
            kind=Kind.SET,
            column="tag_ids",
            choices=Rows(
                "contacts.Tag",
                group="group__name",
                search=("name", "group__name"),
                offered=Q(is_gone=False),
                order=("-group__order", "group_id", "-order"),
            ),
            help=_("WeCom tags of any staff member, and internal tags."),
        ),
        Field(
            name="tag.count",
            label=_("Number of tags"),
            group=_GROUP,
            kind=Kind.NUMBER,
            expression=size_of("tag_ids"),
        ),
        Field(
            name="stage",
            label=_("Lifecycle stage"),
            group=_GROUP,
            kind=Kind.CHOICE,
            column="stage",
            choices=Fixed(lambda: Stage.choices),
        ),
        Field(
            name="stage.since",
            label=_("In this stage since"),
            group=_GROUP,
            kind=Kind.DATE,
            model="contacts.Contact",
            contact="pk",
            column="stage_since",
        ),
        Field(
            name="lost_kind",
            label=_("Kind of loss"),
            group=_GROUP,
            kind=Kind.CHOICE,
            model="contacts.Contact",
            contact="pk",
            column="lost_kind",
            choices=Fixed(lambda: LostKind.choices),
        ),
        Field(
            name="contact.name",
            label=_("Customer's name"),
            group=_GROUP,
            kind=Kind.TEXT,
            model="contacts.Contact",
            contact="pk",
            column="name",
        ),
        Field(
            name="contact.kind",
            label=_("Kind of account"),
            group=_GROUP,
            kind=Kind.CHOICE,
            column="kind",
            choices=Fixed(lambda: Contact.Kind.choices),
        ),
        Field(
            name="gender",
            label=_("Gender"),
            group=_GROUP,
            kind=Kind.CHOICE,
            column="gender",
            choices=Fixed(lambda: Gender.choices),
        ),
        Field(
            name="contact.has_phone",
            label=_("Phone number known"),
            group=_GROUP,
            kind=Kind.BOOL,
            column="has_phone",
        ),
        Field(
            name="contact.has_unionid",
            label=_("unionid known"),
            group=_GROUP,
            kind=Kind.BOOL,
            column="has_unionid",
            help=_("Known ones can be matched with orders of your shop and mini programs."),
        ),
        Field(
            name="contact.do_not_contact",
            label=_("Do not contact"),
            group=_GROUP,
            kind=Kind.BOOL,
            column="is_do_not_contact",
        ),
        Field(
            name="contact.is_paused",
            label=_("Paused by the customer"),
            group=_GROUP,
            kind=Kind.BOOL,
            expression=_is_paused,
            help=_("The customer asked for a pause that is not over yet."),
        ),
        Field(
            name="contact.bucket",
            label=_("Random bucket"),
            group=_GROUP,
            kind=Kind.NUMBER,
            column="bucket",
            help=_("0 to 99, fixed for each customer; below 10 is a random tenth."),
        ),
    ]


def _is_paused(now: datetime) -> Expression:
    paused = ExpressionWrapper(Q(pause_until__gt=now), output_field=BooleanField())
    return IsTrue(paused)
