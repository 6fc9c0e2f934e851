"""Everything the page of one customer (客户360°) shows, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Prefetch, Subquery, Sum

from contacts.models import (
    Contact,
    ContactTag,
    Follow,
    FollowTag,
    Gender,
    Order,
    OrderEntry,
    Preference,
    Tag,
    TagKind,
)
from contacts.rules.phones import mask
from contacts.selectors.lifecycle import lifecycle_settings, stage_words
from contacts.selectors.profile_fields import ShownField, shown_fields
from scrm.console.models import Operator
from scrm.privacy import mask_phones

SEE_PHONES = "contacts.see_full_phone"


@dataclass(frozen=True)
class ShownTag:
    """A tag she carries; `staff` are those on whose relation it hangs, none for internal tags."""

    tag: Tag
    staff: list[str]

    @property
    def is_internal(self) -> bool:
        return self.tag.kind == TagKind.INTERNAL


@dataclass(frozen=True)
class TagShelf:
    """The tags of one group (标签组) that a customer carries, by any of her relations."""

    group: str
    marks: list[ShownTag]

    @property
    def tags(self) -> list[Tag]:
        return [mark.tag for mark in self.marks]


@dataclass(frozen=True)
class Completeness:
    """How much of what one wants to know is known; `missing` are words."""

    known: int
    wanted: int
    missing: list[str]


@dataclass(frozen=True)
class Profile:
    """A customer as an operator may see her. `phone` is masked for everybody.

    `follows` are all relations with their staff, living ones first; each has its `tags`, a list of
    Tag. `stage_why` is a sentence with numbers. `preference` is None when she asked for nothing.
    `fields` are the profile fields in their order, those without a value, too.
    """

    contact: Contact
    phone: str
    follows: list[Follow]
    shelves: list[TagShelf]
    preference: Preference | None
    stage_why: str
    fields: list[ShownField]

    @property
    def completeness(self) -> Completeness:
        """Phone, gender, and every profile field."""
        has = {
            str(Contact._meta.get_field("phone").verbose_name): bool(self.contact.phone),
            str(Contact._meta.get_field("gender").verbose_name): (
                self.contact.gender != Gender.UNKNOWN
            ),
            **{shown.field.label: shown.is_known for shown in self.fields},
        }
        missing = [label for label, is_known in has.items() if not is_known]
        return Completeness(len(has) - len(missing), len(has), missing)


def profile(contact_id: int, *, now: datetime) -> Profile:
    """One customer's profile, in six queries. Raises Contact.DoesNotExist.

    Whether the operator may see her at all is for `visible_contacts`, before.
    """
    contact = Contact.objects.select_related("facts", "preference").get(pk=contact_id)
    follows = _follows(contact_id)
    internal = ContactTag.objects.filter(contact=contact_id).select_related("tag__group")
    carried = [
        (tag, str(follow.staff))
        for follow in follows
        if _is_active(follow)
        for tag in tags_of(follow)
    ]
    facts = getattr(contact, "facts", None)
    return Profile(
        contact=contact,
        phone=mask(contact.phone),
        follows=follows,
        shelves=_shelves([*carried, *((mark.tag, "") for mark in internal)]),
        preference=getattr(contact, "preference", None),
        stage_why=stage_words(facts, lifecycle_settings(), now=now) if facts else "",
        fields=shown_fields(contact),
    )


def shown_phone(phone: str, operator: Operator) -> str:
    """The phone number as this operator may see it."""
    return phone if operator.has_perm(SEE_PHONES) else mask(phone)


def shown_text(text: str, operator: Operator) -> str:
    """What staff wrote, such as a remark: the phone numbers in it as this operator may see them."""
    return text if operator.has_perm(SEE_PHONES) else mask_phones(text)


def tags_of(follow: Follow) -> list[Tag]:
    """The living tags of one relation, which `profile` loaded with it."""
    return [carried.tag for carried in follow.follow_tags.all() if not carried.tag.is_gone]


def orders_of(contact_id: int, *, limit: int = 50) -> list[Order]:
    """The customer's last orders with their products, newest first, each with `last_refund_at`,
    the moment of its last refund; two queries.
    """
    refunds = OrderEntry.objects.filter(order=OuterRef("pk"), kind=OrderEntry.Kind.REFUND)
    return list(
        Order.objects.filter(contact=contact_id)
        .annotate(last_refund_at=Subquery(refunds.order_by("-at").values("at")[:1]))
        .order_by("-paid_at", "-pk")
        .prefetch_related("items__product")[:limit]
    )


@dataclass(frozen=True)
class OrderSums:
    """What all orders of a customer add up to, in fen."""

    count: int
    amount_fen: int
    refunded_fen: int

    @property
    def net_fen(self) -> int:
        return self.amount_fen - self.refunded_fen


def order_sums_of(contact_id: int) -> OrderSums:
    """One read of the covering index."""
    sums = Order.objects.filter(contact=contact_id).aggregate(
        count=Count("pk"),
        amount_fen=Sum("amount_fen", default=0),
        refunded_fen=Sum("refunded_fen", default=0),
    )
    return OrderSums(**{name: int(value) for name, value in sums.items()})


def _follows(contact_id: int) -> list[Follow]:
    follows = (
        Follow.objects.filter(contact=contact_id)
        .select_related("staff")
        .prefetch_related(
            Prefetch("follow_tags", FollowTag.objects.select_related("tag__group").order_by("pk"))
        )
        .order_by("-added_at", "-pk")
    )
    return sorted(follows, key=lambda follow: not _is_active(follow))


def _is_active(follow: Follow) -> bool:
    return follow.status == Follow.Status.ACTIVE


def _shelves(carried: Iterable[tuple[Tag, str]]) -> list[TagShelf]:
    living: dict[int, ShownTag] = {}
    for tag, staff in carried:
        if not tag.is_gone:
            mark = living.setdefault(tag.pk, ShownTag(tag, []))
            if staff:
                mark.staff.append(staff)
    groups = {mark.tag.group_id: mark.tag.group for mark in living.values()}
    ordered = sorted(groups.values(), key=lambda group: (-group.order, group.pk))
    return [
        TagShelf(
            group=group.name,
            marks=sorted(
                (mark for mark in living.values() if mark.tag.group_id == group.pk),
                key=lambda mark: (-mark.tag.order, mark.tag.pk),
            ),
        )
        for group in ordered
    ]
