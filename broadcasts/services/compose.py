"""Write and change drafts (编辑群发)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from broadcasts.models import Broadcast, TouchClass, Variant
from broadcasts.models.broadcast import IllegalMove
from broadcasts.models.written import ReminderPlan
from broadcasts.policy import message_limits
from broadcasts.policy.quiet_hours import is_lunch, is_rest_day, next_quiet, quiet_until
from broadcasts.policy.terms import Terms
from broadcasts.selectors.current_rules import current_rules, left_out
from broadcasts.selectors.policy import house_terms
from broadcasts.services.content_checks import attachment_problems, text_problems
from contacts.models import Segment, Topic
from groups.models import GroupSegment
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput

# For the counter beside the text.
TEXT_BYTES = message_limits.TEXT_BYTES
# Versions of one message, and the range of priorities.
MOST_VARIANTS = 4
LETTERS = Variant.Letter.values
PRIORITIES = range(1, 10)

State = Broadcast.State


@dataclass(frozen=True)
class Draft:
    """What an operator fills in.

    A private one has a `segment` and may leave out the customers of others (`without`); one to
    groups has a `group_segment`. `senders` are ids of staff, none for everybody. `attachments` as
    on `Broadcast`. `variants` are none, or two to four of {"letter", "share", "text",
    "attachments"} from A on whose shares add up to 100; then these are sent, and A's words are
    also `text`.
    """

    name: str
    benefit: str
    text: str
    segment: Segment | None
    window_start: datetime | None
    window_end: datetime | None
    touch_class: str = TouchClass.LIGHT
    holdout_percent: int = 10
    attachments: list[dict[str, Any]] = field(default_factory=list)
    kind: str = Broadcast.Kind.PRIVATE
    group_segment: GroupSegment | None = None
    without: list[Segment] = field(default_factory=list)
    senders: list[int] = field(default_factory=list)
    topic: Topic | None = None
    priority: int = 5
    reminder_plan: str = ReminderPlan.OFF
    variants: list[dict[str, Any]] = field(default_factory=list)


def create_draft(*, draft: Draft, operator: Operator, now: datetime) -> Broadcast:
    """Raises InvalidInput for the first thing that is wrong with it."""
    with transaction.atomic():
        broadcast = Broadcast.objects.create(
            created_by=operator, created_at=now, **columns_of(draft, now=now)
        )
        write_variants(broadcast, draft.variants)
        record_act(action="broadcast.create", operator=operator, now=now, subject=broadcast)
    return broadcast


def update_draft(
    *, broadcast: Broadcast, draft: Draft, operator: Operator, now: datetime
) -> Broadcast:
    """Raises InvalidInput for the first thing wrong, IllegalMove when it is no draft any more."""
    with transaction.atomic():
        drafts = Broadcast.objects.filter(pk=broadcast.pk, state=State.DRAFT)
        if not drafts.update(**columns_of(draft, now=now)):
            raise IllegalMove(_("Only a draft can be changed. Copy the broadcast instead."))
        write_variants(broadcast, draft.variants)
        record_act(action="broadcast.change", operator=operator, now=now, subject=broadcast)
    broadcast.refresh_from_db()
    return broadcast


def copy(*, broadcast: Broadcast, operator: Operator, now: datetime) -> Broadcast:
    """A new draft with the same content and audience, and the next possible window.

    Raises InvalidInput for what a journey sent: its customers wait at a step that passes.
    """
    if broadcast.origin == Broadcast.Origin.JOURNEY:
        raise InvalidInput(_("A journey made this. Write a broadcast of your own instead."))
    start, end = next_window(house_terms().over(broadcast.kind), now)
    with transaction.atomic():
        draft = Broadcast.objects.create(
            **broadcast.written()
            | current_rules(broadcast)
            | {"name": _("%(name)s (copy)") % {"name": broadcast.name[:56]}},
            window_start=start,
            window_end=end,
            created_by=operator,
            created_at=now,
        )
        write_variants(draft, variants_of(broadcast))
        record_act(
            action="broadcast.copy",
            operator=operator,
            now=now,
            subject=draft,
            details={"from": broadcast.pk},
        )
    return draft


def delete_draft(*, broadcast: Broadcast, operator: Operator, now: datetime) -> None:
    """Raises IllegalMove when it is no draft any more: what staff saw is history."""
    with transaction.atomic():
        record_act(action="broadcast.delete", operator=operator, now=now, subject=broadcast)
        deleted, _rows = Broadcast.objects.filter(pk=broadcast.pk, state=State.DRAFT).delete()
        if not deleted:
            raise IllegalMove(_("Only a draft can be deleted."))


def variants_of(broadcast: Broadcast) -> list[dict[str, Any]]:
    """The variants of a broadcast as `Draft` has them."""
    columns = ("letter", "share", "text", "attachments")
    return [
        {name: getattr(variant, name) for name in columns}
        for variant in broadcast.variants.order_by("letter")
    ]


def write_variants(broadcast: Broadcast, variants: list[dict[str, Any]]) -> None:
    """Give a draft these variants and no others, inside the caller's transaction."""
    broadcast.variants.all().delete()
    Variant.objects.bulk_create(Variant(broadcast=broadcast, **part) for part in variants)


def next_window(terms: Terms, now: datetime) -> tuple[datetime, datetime]:
    """From the next full quarter of an hour outside the quiet hours until these begin again."""
    quarter = timedelta(minutes=15)
    local = now.astimezone(terms.zone).replace(second=0, microsecond=0)
    start = local + quarter - timedelta(minutes=local.minute % 15)
    start = quiet_until(terms, start) or start
    end = next_quiet(terms, start) or start + timedelta(hours=12)
    return start, end


def problems(draft: Draft, *, now: datetime) -> list[InvalidInput]:
    """Everything that is wrong with a draft, in the order of the form."""
    return [
        *_words_problems(draft),
        *_audience_problems(draft),
        *attachment_problems(draft.attachments),
        *_variant_problems(draft.variants),
        *window_problems(draft.window_start, draft.window_end, kind=draft.kind, now=now),
    ]


def window_problems(
    start: datetime | None, end: datetime | None, *, kind: str, now: datetime
) -> list[InvalidInput]:
    """What is wrong with a window of this kind of broadcast under the house rules, as of now."""
    if start is None or end is None:
        return [InvalidInput(_("Say when the window opens and closes."), field="window_start")]
    if end <= start:
        return [InvalidInput(_("The window closes before it opens."), field="window_end")]
    if end <= now:
        return [InvalidInput(_("The window lies in the past."), field="window_end")]
    terms = house_terms().over(kind)
    quiet = start if quiet_until(terms, start) is not None else next_quiet(terms, start)
    if quiet is None or end <= quiet:
        return []
    return [InvalidInput(_silence_words(terms, start, end, quiet), field="window_start")]


def _silence_words(terms: Terms, start: datetime, end: datetime, quiet: datetime) -> str:
    """What a window touches that has to be silent, from `quiet` on."""
    if any(is_rest_day(terms, at.astimezone(terms.zone).date()) for at in (start, end)):
        return _("The window touches a rest day, on which nobody is written to.")
    if is_lunch(terms, quiet):
        return _(
            "The window touches the lunch break (%(start)s–%(end)s). Staff can confirm as long "
            "as it is open, so it has to lie before or after it."
        ) % {"start": f"{terms.lunch_from:%H:%M}", "end": f"{terms.lunch_until:%H:%M}"}
    return _(
        "The window touches the quiet hours (%(start)s–%(end)s). Staff can confirm as long "
        "as it is open, so it has to lie within one day's allowed hours."
    ) % {"start": f"{terms.quiet_from:%H:%M}", "end": f"{terms.quiet_until:%H:%M}"}


def columns_of(draft: Draft, *, now: datetime) -> dict[str, Any]:
    """The draft as columns of a broadcast. Raises InvalidInput for the first problem."""
    for problem in problems(draft, now=now):
        raise problem
    source = draft.group_segment if draft.kind == Broadcast.Kind.GROUP else draft.segment
    if source is None:
        raise InvalidInput(_("Choose the customers."), field="segment")
    return {
        "name": draft.name.strip(),
        "benefit": draft.benefit.strip(),
        "text": draft.text.strip(),
        "kind": draft.kind,
        "segment": draft.segment,
        "group_segment": draft.group_segment,
        "segment_version": source.version,
        "rule": source.rule,
        "without": [left_out(segment) for segment in draft.without],
        "senders": sorted(set(draft.senders)),
        "topic": draft.topic,
        "priority": draft.priority,
        "reminder_plan": draft.reminder_plan,
        "attachments": draft.attachments,
        "touch_class": draft.touch_class,
        "holdout_percent": 0 if draft.touch_class == TouchClass.SERVICE else draft.holdout_percent,
        "window_start": draft.window_start,
        "window_end": draft.window_end,
    }


def _words_problems(draft: Draft) -> list[InvalidInput]:
    found = []
    if not draft.name.strip():
        found.append(InvalidInput(_("Give it a name."), field="name"))
    if len(draft.name.strip()) > 64:
        found.append(InvalidInput(_("The name is longer than 64 characters."), field="name"))
    if not draft.benefit.strip():
        message = _("Say what the customer gains from it. If nothing comes to mind, do not send.")
        found.append(InvalidInput(message, field="benefit"))
    if len(draft.benefit.strip()) > 200:
        message = _("The benefit is longer than 200 characters.")
        found.append(InvalidInput(message, field="benefit"))
    return [*found, *text_problems(draft.text)]


def _audience_problems(draft: Draft) -> list[InvalidInput]:
    found = [*_segment_problems(draft)]
    if draft.touch_class not in TouchClass.values:
        found.append(InvalidInput(_("There is no such touch class."), field="touch_class"))
    if not 0 <= draft.holdout_percent <= 50:
        message = _("Hold out between 0 and 50 percent.")
        found.append(InvalidInput(message, field="holdout_percent"))
    if draft.priority not in PRIORITIES:
        found.append(InvalidInput(_("A priority is 1 (highest) to 9."), field="priority"))
    if draft.reminder_plan not in ReminderPlan.values:
        message = _("Remind staff not at all, gently or firmly.")
        found.append(InvalidInput(message, field="reminder_plan"))
    return found


def _segment_problems(draft: Draft) -> list[InvalidInput]:
    if draft.kind not in Broadcast.Kind.values:
        return [InvalidInput(_("Send to customers or to groups."), field="kind")]
    if draft.kind == Broadcast.Kind.GROUP:
        return _group_problems(draft)
    if draft.group_segment is not None:
        message = _("A message to customers has no group segment.")
        return [InvalidInput(message, field="group_segment")]
    if draft.segment is None:
        message = _("Choose a segment: a broadcast needs customers to go to.")
        return [InvalidInput(message, field="segment")]
    return []


def _group_problems(draft: Draft) -> list[InvalidInput]:
    if draft.segment is not None or draft.without:
        message = _("A message to groups reaches whoever is in them: choose groups alone.")
        return [InvalidInput(message, field="segment")]
    if draft.group_segment is None:
        message = _("Choose a group segment: a broadcast needs groups to go to.")
        return [InvalidInput(message, field="group_segment")]
    return []


def _variant_problems(variants: list[dict[str, Any]]) -> list[InvalidInput]:
    if not variants:
        return []
    letters = [part["letter"] for part in variants]
    if not 2 <= len(letters) <= MOST_VARIANTS or letters != LETTERS[: len(letters)]:
        message = _("A comparison needs two to four versions, A to D.")
        return [InvalidInput(message, field="variants")]
    shares = [part["share"] for part in variants]
    if any(share < 1 for share in shares) or sum(shares) != 100:
        message = _("The shares of the versions have to add up to 100 %.")
        return [InvalidInput(message, field="variants")]
    found = []
    for part in variants:
        for problem in [*text_problems(part["text"]), *attachment_problems(part["attachments"])]:
            words = _("Version %(letter)s: %(problem)s")
            words = words % {"letter": part["letter"], "problem": problem}
            found.append(InvalidInput(words, field="variants"))
    return found
