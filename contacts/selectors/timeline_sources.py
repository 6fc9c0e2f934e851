"""What this app adds to the timeline of a customer: events, orders, stages, notes, tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext, gettext_noop, ngettext

from contacts.models import (
    ContactEvent,
    ContactNote,
    Follow,
    LifecycleSettings,
    LifecycleTransition,
    Order,
    StaffTask,
    Stage,
)
from contacts.rules.lifecycle import Reason
from contacts.selectors.lifecycle import lifecycle_settings, reason_words
from contacts.selectors.timeline import Entry, Source, Topic, register

_Kind = ContactEvent.Kind
_FRIENDSHIP = (
    _Kind.FOLLOWED,
    _Kind.UNFOLLOWED,
    _Kind.REMARKED,
    _Kind.TRANSFER_FAILED,
    _Kind.ARCHIVE_AGREED,
    _Kind.STARTED_CHAT,
)
_TONES = {
    _Kind.FOLLOWED: "green",
    _Kind.UNFOLLOWED: "red",
    _Kind.LEFT_GROUP: "red",
    _Kind.TRANSFER_FAILED: "red",
    _Kind.PREFERENCE: "amber",
}

# The codes that contacts.services.preferences writes into its events.
PREFERENCE_WORDS = {
    "do_not_contact": gettext_noop("Do not contact"),
    "may_contact": gettext_noop("May be contacted again"),
    "paused": gettext_noop("Messages paused"),
    "resumed": gettext_noop("Messages resumed"),
    "topics": gettext_noop("Topics chosen"),
}

# Why WeCom says that a customer was not handed over (FailReason).
TRANSFER_WORDS = {
    "customer_refused": gettext_noop("The customer refused"),
    "customer_limit_exceed": gettext_noop("The colleague has as many customers as WeCom allows"),
}

_SINCE_ADDED = {Reason.NEVER_BOUGHT, Reason.SILENT_SINCE_ADDED, Reason.GONE_SINCE_ADDED}


def register_sources() -> None:
    """Called once, when the app is ready."""
    register(
        Source(
            "event",
            lambda contact_id: ContactEvent.objects.filter(contact=contact_id),
            "at",
            lambda rows: map(_event_entry, rows),
            {
                Topic.FRIENDSHIP: Q(kind__in=_FRIENDSHIP),
                Topic.TAGS: Q(kind__in=[_Kind.TAGGED, _Kind.UNTAGGED]),
                Topic.GROUPS: Q(kind__in=[_Kind.JOINED_GROUP, _Kind.LEFT_GROUP]),
                Topic.PREFERENCES: Q(kind=_Kind.PREFERENCE),
            },
        )
    )
    register(
        Source(
            "order",
            lambda contact_id: Order.objects.filter(contact=contact_id).prefetch_related(
                "items__product"
            ),
            "paid_at",
            lambda rows: map(_order_entry, rows),
            {Topic.ORDERS: Q()},
        )
    )
    register(Source("stage", _stages, "at", _stage_entries, {Topic.STAGES: Q()}))
    register(
        Source(
            "note",
            lambda contact_id: ContactNote.objects.filter(contact=contact_id).select_related(
                "author"
            ),
            "at",
            lambda rows: map(_note_entry, rows),
            {Topic.NOTES: Q()},
        )
    )
    register(
        Source(
            "task",
            lambda contact_id: StaffTask.objects.filter(contact=contact_id).select_related("staff"),
            "created_at",
            lambda rows: map(_task_entry, rows),
            {Topic.NOTES: Q()},
        )
    )


def _event_entry(event: ContactEvent) -> Entry:
    return Entry(
        at=event.at,
        kind=event.kind,
        title=event.get_kind_display(),
        details=" · ".join(_event_details(event.details)),
        source="event",
        pk=event.pk,
        tone=_TONES.get(ContactEvent.Kind(event.kind), "blue"),
    )


def _event_details(details: dict[str, Any]) -> Iterator[str]:
    yield from (str(details[name]) for name in ("staff", "group") if details.get(name))
    if details.get("tags"):
        yield "、".join(str(tag) for tag in details["tags"])
    if details.get("remark"):
        yield f"“{details['remark']}”"
    if details.get("by") in Follow.Status.values:
        yield str(Follow.Status(details["by"]).label)
    if details.get("words") in PREFERENCE_WORDS:
        yield gettext(PREFERENCE_WORDS[details["words"]])
    reason = details.get("reason")
    if reason:  # WeCom's code, or what an operator wrote
        yield gettext(TRANSFER_WORDS[reason]) if reason in TRANSFER_WORDS else f"“{reason}”"
    if details.get("operator"):
        yield gettext("by %(name)s") % {"name": details["operator"]}


def _order_entry(order: Order) -> Entry:
    parts = [f"{item.product.name} × {item.quantity}" for item in order.items.all()]
    if order.refunded_fen:
        parts.append(gettext("¥%(yuan)s given back") % {"yuan": _yuan(order.refunded_fen)})
    return Entry(
        at=order.paid_at,
        kind="order",
        title=gettext("Ordered for ¥%(yuan)s") % {"yuan": _yuan(order.amount_fen)},
        details=" · ".join(parts),
        source="order",
        pk=order.pk,
        tone="green",
    )


def _stages(contact_id: int) -> QuerySet[Any]:
    """The first change is known to be the first also when it is alone on its page."""
    moves = LifecycleTransition.objects.filter(contact=contact_id)
    earlier = LifecycleTransition.objects.filter(
        Q(at__lt=OuterRef("at")) | Q(at=OuterRef("at"), pk__lt=OuterRef("pk")), contact=contact_id
    )
    return moves.annotate(has_earlier=Exists(earlier))


def _stage_entries(moves: list[Any]) -> Iterable[Entry]:
    """One query more, for the thresholds."""
    limits = lifecycle_settings()
    return [_stage_entry(move, limits) for move in moves]


def _stage_entry(move: Any, limits: LifecycleSettings) -> Entry:
    to_stage = Stage(move.to_stage).label
    if not move.has_earlier and _is_late(move, limits):
        title = gettext("Stage when first worked out: %(stage)s") % {"stage": to_stage}
        told = gettext("She was in it before already; it was only worked out on this day.")
    else:
        before = Stage(move.from_stage).label if move.from_stage else ""
        title = gettext("Stage: %(stage)s") % {
            "stage": f"{before} → {to_stage}" if before else to_stage
        }
        told = ""
    return Entry(
        at=move.at,
        kind="stage",
        title=title,
        details=" ".join(
            part for part in (reason_words(move.reason), _gap_words(move), told) if part
        ),
        source="stage",
        pk=move.pk,
        tone="amber",
    )


def _is_late(move: LifecycleTransition, limits: LifecycleSettings) -> bool:
    """Whether the change was worked out later than on the day it came about, by its own gap."""
    if move.reason == Reason.UNFRIENDED or move.gap_days is None:
        return False
    due_after = {Stage.SILENT: limits.silent_after_days, Stage.LOST: limits.lost_after_days}
    return move.gap_days > due_after.get(Stage(move.to_stage), 0) + 1


def _gap_words(move: LifecycleTransition) -> str:
    if move.reason == Reason.UNFRIENDED or move.gap_days is None:
        return ""
    days = ngettext("%(number)s day", "%(number)s days", move.gap_days) % {"number": move.gap_days}
    if move.reason in _SINCE_ADDED:
        return gettext("Then %(days)s since she was added.") % {"days": days}
    return gettext("Then %(days)s since the last order.") % {"days": days}


def _note_entry(note: ContactNote) -> Entry:
    return Entry(
        at=note.at,
        kind="note",
        title=gettext("Note by %(name)s") % {"name": note.author.get_username()},
        details=note.text,
        source="note",
        pk=note.pk,
    )


def _task_entry(task: StaffTask) -> Entry:
    parts = [task.text, gettext("due on %(day)s") % {"day": task.due_on.isoformat()}]
    parts.append(str(task.get_state_display()))
    return Entry(
        at=task.created_at,
        kind="task",
        title=gettext("Task for %(name)s") % {"name": task.staff},
        details=" · ".join(parts),
        source="task",
        pk=task.pk,
    )


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d}"
