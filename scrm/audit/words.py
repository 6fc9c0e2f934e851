"""What the actions of the operation log are called by people."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Areas for the filter: what an action begins with.
AREAS: dict[str, Promise] = {
    "broadcast.": _("Broadcasts"),
    "recipients.": _("Recipients"),
    "reach_policy.": _("Reach rules"),
    "segment.": _("Segments"),
    "contact.": _("Customers"),
    "preference.": _("Preferences"),
    "lifecycle.": _("Lifecycle"),
    "order.": _("Orders"),
    "product.": _("Products"),
    "sync.": _("Sync"),
    "callback.": _("Callbacks"),
    "operator.": _("Operators"),
}

ACTIONS: dict[str, Promise] = {
    "broadcast.create": _("Created a broadcast"),
    "broadcast.change": _("Changed a broadcast"),
    "broadcast.copy": _("Copied a broadcast"),
    "broadcast.delete": _("Deleted a broadcast"),
    "broadcast.schedule": _("Scheduled a broadcast"),
    "broadcast.stop": _("Stopped a broadcast"),
    "broadcast.remind": _("Reminded staff to send"),
    "callback.replay": _("Replayed callbacks"),
    "contact.export": _("Exported customers"),
    "lifecycle.set_thresholds": _("Set lifecycle thresholds by hand"),
    "lifecycle.release_thresholds": _("Let lifecycle thresholds be learned again"),
    "operator.add": _("Added an operator"),
    "operator.change": _("Changed an operator"),
    "order.import": _("Imported orders"),
    "preference.do_not_contact": _("Recorded: do not contact"),
    "preference.may_contact": _("Recorded: may be contacted again"),
    "preference.paused": _("Paused messages to a customer"),
    "preference.resumed": _("Resumed messages to a customer"),
    "product.change": _("Changed a product"),
    "reach_policy.change": _("Changed the reach rules"),
    "recipients.export": _("Exported recipients of a broadcast"),
    "segment.create": _("Created a segment"),
    "segment.update": _("Changed a segment"),
    "segment.archive": _("Archived a segment"),
    "sync.start": _("Started a sync"),
    "sync.cancel": _("Cancelled a sync"),
}


def action_words(action: str) -> str | Promise:
    """The action in words; one we have no words for is shown as it is."""
    return ACTIONS.get(action, action)
