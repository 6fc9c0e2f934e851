"""Whom and when a welcome is for, in words."""

from __future__ import annotations

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from broadcasts.models import Welcome

Scope = Welcome.Scope
_NAMED = 3


def aim_words(welcome: Welcome) -> str:
    """Whom it is for: names as far as they are few."""
    if welcome.scope == Scope.CHANNEL:
        return _("Channel: %(names)s") % {"names": _few(welcome.states)}
    if welcome.scope == Scope.STAFF:
        return _("Staff: %(names)s") % {"names": _few([str(one) for one in welcome.staff.all()])}
    if welcome.scope == Scope.DEPARTMENT:
        names = _few([str(one) for one in welcome.departments.all()])
        return _("Department: %(names)s") % {"names": names}
    return _("Everybody")


def time_words(welcome: Welcome) -> str:
    """When it holds; "" for always."""
    parts = []
    if welcome.weekdays:
        parts.append("、".join(str(WEEKDAYS[day - 1]) for day in welcome.weekdays))
    if welcome.start is not None and welcome.end is not None:
        parts.append(f"{welcome.start:%H:%M}–{welcome.end:%H:%M}")
    return " ".join(parts)


def why_words(welcome: Welcome) -> str:
    """Why it was the one, for somebody who asks."""
    reasons = {
        Scope.CHANNEL: _("It is for this channel; that beats staff, department and time."),
        Scope.STAFF: _("It is for this staff member; only a channel would beat that."),
        Scope.DEPARTMENT: _("It is for this staff member's department, the nearest that has one."),
        Scope.EVERYBODY: _("Nothing more specific fits, and it is for everybody."),
    }
    words = reasons[Scope(welcome.scope)]
    if time_words(welcome):
        words += _(" It holds at this time: %(time)s.") % {"time": time_words(welcome)}
    return words


def _few(names: list[str]) -> str:
    shown = "、".join(names[:_NAMED])
    more = len(names) - _NAMED
    if more <= 0:
        return shown
    words = ngettext("%(names)s and %(more)d more", "%(names)s and %(more)d more", more)
    return words % {"names": shown, "more": more}
