"""Write and change drafts (编辑群发)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from broadcasts.models import Broadcast, TouchClass
from broadcasts.models.broadcast import IllegalMove
from broadcasts.policy.quiet_hours import next_quiet, quiet_until
from broadcasts.policy.terms import Terms
from broadcasts.selectors.policy import house_terms
from contacts.models import Segment
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput

# WeCom's limits for add_msg_template, in UTF-8 bytes.
TEXT_BYTES = 4000
ATTACHMENTS = 9
LINK_BYTES = {"title": 128, "desc": 512, "url": 2048, "picurl": 2048}

State = Broadcast.State


@dataclass(frozen=True)
class Draft:
    """What an operator fills in. `attachments` in WeCom's own form, links only."""

    name: str
    benefit: str
    text: str
    segment: Segment | None
    window_start: datetime | None
    window_end: datetime | None
    touch_class: str = TouchClass.LIGHT
    holdout_percent: int = 10
    attachments: list[dict[str, Any]] = field(default_factory=list)


def create_draft(*, draft: Draft, operator: Operator, now: datetime) -> Broadcast:
    """Raises InvalidInput for the first thing that is wrong with it."""
    with transaction.atomic():
        broadcast = Broadcast.objects.create(
            created_by=operator, created_at=now, **_checked(draft, now=now)
        )
        record_act(action="broadcast.create", operator=operator, now=now, subject=broadcast)
    return broadcast


def update_draft(
    *, broadcast: Broadcast, draft: Draft, operator: Operator, now: datetime
) -> Broadcast:
    """Raises InvalidInput for the first thing wrong, IllegalMove when it is no draft any more."""
    with transaction.atomic():
        drafts = Broadcast.objects.filter(pk=broadcast.pk, state=State.DRAFT)
        if not drafts.update(**_checked(draft, now=now)):
            raise IllegalMove(_("Only a draft can be changed. Copy the broadcast instead."))
        record_act(action="broadcast.change", operator=operator, now=now, subject=broadcast)
    broadcast.refresh_from_db()
    return broadcast


def copy(*, broadcast: Broadcast, operator: Operator, now: datetime) -> Broadcast:
    """A new draft with the same content and the next possible window."""
    start, end = next_window(house_terms(), now)
    with transaction.atomic():
        draft = Broadcast.objects.create(
            name=_("%(name)s (copy)") % {"name": broadcast.name[:56]},
            kind=broadcast.kind,
            benefit=broadcast.benefit,
            segment=broadcast.segment,
            segment_version=broadcast.segment.version,
            rule=broadcast.segment.rule,
            text=broadcast.text,
            attachments=broadcast.attachments,
            touch_class=broadcast.touch_class,
            holdout_percent=broadcast.holdout_percent,
            window_start=start,
            window_end=end,
            created_by=operator,
            created_at=now,
        )
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
        *_link_problems(draft.attachments),
        *window_problems(draft.window_start, draft.window_end, now=now),
    ]


def window_problems(
    start: datetime | None, end: datetime | None, *, now: datetime
) -> list[InvalidInput]:
    """What is wrong with a window under the house rules, as of now."""
    if start is None or end is None:
        return [InvalidInput(_("Say when the window opens and closes."), field="window_start")]
    if end <= start:
        return [InvalidInput(_("The window closes before it opens."), field="window_end")]
    if end <= now:
        return [InvalidInput(_("The window lies in the past."), field="window_end")]
    terms = house_terms()
    quiet = next_quiet(terms, start)
    if quiet_until(terms, start) is not None or (quiet is not None and end > quiet):
        message = _(
            "The window touches the quiet hours (%(start)s–%(end)s). Staff can confirm as long "
            "as it is open, so it has to lie within one day's allowed hours."
        ) % {"start": f"{terms.quiet_from:%H:%M}", "end": f"{terms.quiet_until:%H:%M}"}
        return [InvalidInput(message, field="window_start")]
    return []


def _checked(draft: Draft, *, now: datetime) -> dict[str, Any]:
    """The draft as columns. Raises InvalidInput for the first problem."""
    for problem in problems(draft, now=now):
        raise problem
    if draft.segment is None:
        raise InvalidInput(_("Choose the customers."), field="segment")
    return {
        "name": draft.name.strip(),
        "benefit": draft.benefit.strip(),
        "text": draft.text.strip(),
        "segment": draft.segment,
        "segment_version": draft.segment.version,
        "rule": draft.segment.rule,
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
    size = len(draft.text.strip().encode())
    if not size:
        found.append(InvalidInput(_("The message is empty."), field="text"))
    if size > TEXT_BYTES:
        message = _("The message has %(size)d bytes; WeCom takes %(most)d.")
        found.append(InvalidInput(message % {"size": size, "most": TEXT_BYTES}, field="text"))
    return found


def _audience_problems(draft: Draft) -> list[InvalidInput]:
    found = []
    if draft.segment is None:
        message = _("Choose a segment: a broadcast needs customers to go to.")
        found.append(InvalidInput(message, field="segment"))
    if draft.touch_class not in TouchClass.values:
        found.append(InvalidInput(_("There is no such touch class."), field="touch_class"))
    if not 0 <= draft.holdout_percent <= 50:
        message = _("Hold out between 0 and 50 percent.")
        found.append(InvalidInput(message, field="holdout_percent"))
    return found


def _link_problems(attachments: list[dict[str, Any]]) -> list[InvalidInput]:
    if len(attachments) > ATTACHMENTS:
        return [InvalidInput(_("WeCom takes at most nine attachments."), field="attachments")]
    found = []
    for attachment in attachments:
        link = attachment.get("link") if isinstance(attachment, dict) else None
        if not isinstance(link, dict) or attachment.get("msgtype") != "link":
            return [InvalidInput(_("Only links can be attached."), field="attachments")]
        if not link.get("title") or urlsplit(str(link.get("url", ""))).scheme not in _SCHEMES:
            message = _("A link needs a title and an address that begins with https://.")
            found.append(InvalidInput(message, field="attachments"))
        if any(len(str(link.get(part, "")).encode()) > most for part, most in LINK_BYTES.items()):
            message = _("The title, description or address of the link is too long.")
            found.append(InvalidInput(message, field="attachments"))
    return found


_SCHEMES = {"http", "https"}
