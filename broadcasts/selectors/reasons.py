"""The words for why somebody is not written to."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from broadcasts.policy.decision import Reason

WORDS: dict[str, str | Promise] = {
    Reason.QUIET: _("Quiet hours"),
    Reason.NOT_FRIEND: _("Not a friend any more"),
    Reason.NO_STAFF: _("No active staff member follows her"),
    Reason.DO_NOT_CONTACT: _("Asked not to be contacted"),
    Reason.PAUSED: _("Asked for a pause"),
    Reason.NURTURE: _("New friend, too early for a deep touch"),
    Reason.CAP: _("Monthly cap reached"),
    Reason.GAP: _("Last message too recent"),
    Reason.CONFLICT: _("Part of another running broadcast"),
    Reason.QUOTA: _("WeCom's quota is used up"),
    Reason.HELD_OUT: _("Held out for comparison"),
}


def reason_words(reason: str) -> str:
    """A reason's words in the reader's language; an unknown code stands for itself."""
    return str(WORDS.get(reason, reason))
