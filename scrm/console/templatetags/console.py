"""Filters that every page writes numbers and people with."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from scrm.health import worker_lives
from scrm.privacy import mask_phones

register = template.Library()

NOTHING = "–"
_A_MINUTE = 60


@register.filter
def yuan(fen: int | None) -> str:
    """Integer fen as yuan: 123450 → "¥1,234.50"; None → "–"."""
    if fen is None:
        return NOTHING
    sign = "-" if fen < 0 else ""
    return f"{sign}¥{Decimal(abs(fen)) / 100:,.2f}"


@register.filter
def percent(ratio: float | None, digits: int = 1) -> str:
    """A ratio as a percentage: 0.1234 → "12.3%"; None → "–"."""
    return NOTHING if ratio is None else f"{ratio * 100:.{digits}f}%"


@register.filter
def number(value: float | None, digits: int = 0) -> str:
    """Thousands set apart: 1234567 → "1,234,567"; None → "–"."""
    return NOTHING if value is None else f"{value:,.{digits}f}"


@register.filter
def initial(name: str) -> str:
    """The first character of a name, for an avatar without a picture."""
    return name.strip()[:1].upper() or "?"


@register.filter
def item(mapping: dict[Any, Any], key: object) -> Any:
    """The value of a key that stands in a variable; "" when there is none."""
    return mapping.get(key, "")


@register.filter
def minus(number: int, other: int) -> int:
    """How many are left."""
    return number - other


@register.filter
def lasted(start: datetime, end: datetime) -> str:
    """How long something took: "0.6 s" up to a minute, then hours and minutes: "0:01:25"."""
    seconds = (end - start).total_seconds()
    if seconds < _A_MINUTE:
        return _("%(seconds)s s") % {"seconds": f"{seconds:.1f}"}
    return str(timedelta(seconds=int(seconds)))


@register.filter
def span(seconds: float | None) -> str:
    """A length of time: "12 s" up to a minute, then "0:01:25"; None → "–"."""
    if seconds is None:
        return NOTHING
    if seconds < _A_MINUTE:
        return _("%(seconds)s s") % {"seconds": round(seconds)}
    return str(timedelta(seconds=int(seconds)))


@register.filter
def ago(moment: datetime) -> str:
    """How long ago something was: "3 minutes ago"; "just now" within the last minute."""
    if (timezone.now() - moment).total_seconds() < _A_MINUTE:
        return _("just now")
    return _("%(ago)s ago") % {"ago": timesince(moment)}


@register.filter
def share(part: float | None, whole: float | None) -> int:
    """How many per cent `part` is of `whole`, 0–100, for a progress bar."""
    if not part or not whole:
        return 0
    return max(0, min(100, round(100 * part / whole)))


@register.simple_tag
def chart_option(option: dict[str, Any], chart_id: str) -> SafeString:
    """The JSON of a chart's option in a script element that `charts.js` finds."""
    return json_script(option, f"{chart_id}-option")


@register.simple_tag
def worker_is_there() -> bool:
    """Whether somebody is at what a page waits for; asks Redis, so only where something waits."""
    return worker_lives(settings.CELERY_TASK_DEFAULT_QUEUE)


@register.filter
def shown_to(text: object, operator: Any) -> str:
    """What people wrote, the phone numbers in it masked unless this operator may see them."""
    words = str(text)
    return words if operator.has_perm("contacts.see_full_phone") else mask_phones(words)
