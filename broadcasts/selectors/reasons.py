"""The words for why somebody is not written to."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from broadcasts.policy.decision import Reason
from broadcasts.policy.group_sending import GroupReason

WORDS: dict[str, str | Promise] = {
    Reason.QUIET: _("Quiet hours"),
    Reason.REST_DAY: _("Rest day"),
    Reason.NOT_FRIEND: _("Not a friend any more"),
    Reason.NO_STAFF: _("No active staff member follows her"),
    Reason.DO_NOT_CONTACT: _("Asked not to be contacted"),
    Reason.PAUSED: _("Asked for a pause"),
    Reason.TOPIC: _("Has switched off this topic"),
    Reason.GLOBAL_HOLDOUT: _("In the standing hold-out"),
    Reason.NURTURE: _("New friend, too early for a deep touch"),
    Reason.CAP: _("Monthly cap reached"),
    Reason.CHANNEL_CAP: _("Daily cap of the channel reached"),
    Reason.CLASS_CAP: _("Monthly cap of this touch class reached"),
    Reason.TOTAL_CAP: _("Monthly cap over all channels reached"),
    Reason.GAP: _("Last message too recent"),
    Reason.DEEP_GAP: _("Last deep touch too recent"),
    Reason.WHITE_SPACE: _("White space after a deep touch"),
    Reason.WHITE_SHARE: _("White space of the month: no day is left"),
    Reason.CONFLICT: _("Part of another running broadcast"),
    Reason.PRIORITY: _("Kept for a scheduled broadcast that goes first"),
    Reason.QUOTA: _("WeCom's quota is used up"),
    Reason.HELD_OUT: _("Held out for comparison"),
    GroupReason.DISSOLVED: _("The group is dissolved"),
    GroupReason.HANDING_OVER: _("The group is about to get another owner"),
    GroupReason.NO_OWNER: _("The owner is outside the app's visible range"),
    GroupReason.OWNER_LEFT: _("The owner is not active any more"),
    GroupReason.OWNER_MAY_NOT: _("The owner may not serve customers"),
    GroupReason.NOT_A_SENDER: _("The owner is not among the senders"),
    GroupReason.GROUP_CAP: _("The group heard from us today"),
    GroupReason.GROUP_QUOTA: _("WeCom's quota of the group is used up"),
}


def reason_words(reason: str) -> str:
    """A reason's words in the reader's language; an unknown code stands for itself."""
    return str(WORDS.get(reason, reason))
