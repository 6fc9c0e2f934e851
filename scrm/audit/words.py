"""What the actions of the operation log are called by people."""

from __future__ import annotations

from functools import cache

from django.apps import apps
from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Areas for the filter: what an action begins with.
AREAS: dict[str, Promise] = {
    "broadcast.": _("Broadcasts"),
    "broadcast_plan.": _("Recurring broadcasts"),
    "recipients.": _("Recipients"),
    "welcome.": _("Welcomes"),
    "reach_policy.": _("Reach rules"),
    "segment.": _("Segments"),
    "contact.": _("Customers"),
    "channel.": _("Channels"),
    "preference.": _("Preferences"),
    "topic.": _("Topics"),
    "blocked_import.": _("Imports of blocked customers"),
    "handover.": _("Hand-overs"),
    "tag.": _("Tags"),
    "lifecycle.": _("Lifecycle"),
    "group.": _("Customer groups"),
    "group_tag.": _("Group tags"),
    "group_segment.": _("Group segments"),
    "group_handover.": _("Hand-over of groups"),
    "nickname_rule.": _("Nickname rules"),
    "order.": _("Orders"),
    "product.": _("Products"),
    "profile_field.": _("Profile fields"),
    "staff_task.": _("Tasks for staff"),
    "sync.": _("Sync"),
    "callback.": _("Callbacks"),
    "doctor.": _("Set-up check"),
    "limit.": _("Limits"),
    "loss_alert.": _("Loss alerts"),
    "operator.": _("Operators"),
    "apitoken.": _("API tokens"),
    "view.": _("Saved views"),
}

ACTIONS: dict[str, Promise] = {
    "broadcast.create": _("Created a broadcast"),
    "broadcast.change": _("Changed a broadcast"),
    "broadcast.copy": _("Copied a broadcast"),
    "broadcast.delete": _("Deleted a broadcast"),
    "broadcast.schedule": _("Scheduled a broadcast"),
    "broadcast.stop": _("Stopped a broadcast"),
    "broadcast.pause": _("Paused a broadcast"),
    "broadcast.resume": _("Let a paused broadcast go on"),
    "broadcast.submit": _("Submitted a broadcast for approval"),
    "broadcast.approve": _("Approved a broadcast"),
    "broadcast.reject": _("Sent a broadcast back to its author"),
    "broadcast.withdraw": _("Took a submitted broadcast back"),
    "broadcast.trial": _("Sent a broadcast to colleagues as a test"),
    "broadcast.repeat": _("Made a recurring broadcast"),
    "broadcast_plan.create": _("Set up a recurring broadcast"),
    "broadcast_plan.change": _("Changed the times of a recurring broadcast"),
    "broadcast_plan.switch_on": _("Switched a recurring broadcast on"),
    "broadcast_plan.switch_off": _("Switched a recurring broadcast off"),
    "broadcast_plan.missed": _("Missed times of a recurring broadcast"),
    "broadcast.remind": _("Reminded staff to send"),
    "blocked_import.start": _("Imported blocked customers"),
    "blocked_import.undo": _("Undid an import of blocked customers"),
    "blocked_import.export": _("Exported faults of an import of blocked customers"),
    "callback.replay": _("Replayed callbacks"),
    "callback.replayed": _("Received an old callback once more"),
    "channel.create": _("Made a channel"),
    "channel.name": _("Named a channel made elsewhere"),
    "channel.change": _("Changed a channel"),
    "channel.retry": _("Let a channel be tried again"),
    "channel.set_shifts": _("Changed the weekly plan of a channel"),
    "channel.archive": _("Archived a channel"),
    "channel.restore": _("Took a channel out of the archive"),
    "channel.delete": _("Deleted the code of a channel"),
    "channel.greet_again": _("Let newcomers of a channel be tagged again"),
    "channel.export": _("Exported channels"),
    "channel.add_cost": _("Entered a cost of a channel"),
    "channel.change_cost": _("Changed a cost of a channel"),
    "channel.delete_cost": _("Deleted a cost of a channel"),
    "contact.export": _("Exported customers"),
    "contact.note": _("Noted something about a customer"),
    "contact.remark": _("Changed the remark on a customer"),
    "contact.set_profile": _("Changed the profile of a customer"),
    "contact.show_phone": _("Looked at a phone number in full"),
    "contact.export_losses": _("Exported lost customers"),
    "doctor.run": _("Ran the set-up check"),
    "group.export": _("Exported customer groups"),
    "group.read_figures": _("Had the group figures read again"),
    "group_handover.start": _("Ordered a hand-over of groups"),
    "group_handover.cancel": _("Cancelled a hand-over of groups"),
    "group_segment.create": _("Created a group segment"),
    "group_segment.update": _("Changed a group segment"),
    "group_segment.archive": _("Archived a group segment"),
    "group_tag.create": _("Created group tags"),
    "group_tag.rename": _("Renamed a group tag"),
    "group_tag.move": _("Moved a group tag"),
    "group_tag.delete": _("Deleted a group tag"),
    "group_tag.mark": _("Tagged groups"),
    "handover.start": _("Handed customers over"),
    "handover.read_unassigned": _("Had the unassigned customers read again"),
    "handover.export": _("Exported the result of a hand-over"),
    "lifecycle.export": _("Exported stage changes"),
    "lifecycle.set_thresholds": _("Set lifecycle thresholds by hand"),
    "lifecycle.release_thresholds": _("Let lifecycle thresholds be learned again"),
    "limit.opened": _("Ended the pause of an API"),
    "loss_alert.change": _("Changed who is told of losses"),
    "nickname_rule.create": _("Created a nickname rule"),
    "nickname_rule.update": _("Changed a nickname rule"),
    "nickname_rule.activate": _("Put a nickname rule in force"),
    "nickname_rule.pause": _("Paused a nickname rule"),
    "nickname_rule.end": _("Ended a nickname rule"),
    "nickname_rule.decide": _("Decided what a nickname's value means"),
    "apitoken.create": _("Made an API token"),
    "apitoken.delete": _("Withdrew an API token"),
    "operator.add": _("Added an operator"),
    "operator.change": _("Changed an operator"),
    "order.import": _("Imported orders"),
    "preference.do_not_contact": _("Recorded: do not contact"),
    "preference.may_contact": _("Recorded: may be contacted again"),
    "preference.paused": _("Paused messages to a customer"),
    "preference.resumed": _("Resumed messages to a customer"),
    "preference.do_not_contact_many": _("Recorded for many customers: do not contact"),
    "preference.paused_many": _("Paused messages to many customers"),
    "preference.topics": _("Chose topics for a customer"),
    "preference.end_links": _("Ended a customer's preference links"),
    "product.change": _("Changed a product"),
    "profile_field.create": _("Defined a profile field"),
    "profile_field.change": _("Changed a profile field"),
    "reach_policy.change": _("Changed the reach rules"),
    "reach_policy.draw": _("Drew the standing hold-out anew"),
    "reach_policy.reset": _("Put the reach rules back to their defaults"),
    "recipients.export": _("Exported recipients of a broadcast"),
    "segment.create": _("Created a segment"),
    "segment.update": _("Changed a segment"),
    "segment.archive": _("Archived a segment"),
    "segment.freeze": _("Fixed the members of a segment"),
    "segment.refreeze": _("Took the members of a static segment anew"),
    "staff_task.give": _("Gave staff a task"),
    "staff_task.done": _("Closed a task as done"),
    "staff_task.cancelled": _("Cancelled a task"),
    "staff_task.tell": _("Sent the message about a task again"),
    "sync.start": _("Started a sync"),
    "sync.cancel": _("Cancelled a sync"),
    "tag.mark": _("Ordered tags for customers"),
    "tag.cancel_job": _("Cancelled a tagging job"),
    "tag.create": _("Created tags"),
    "tag.rename": _("Renamed a tag"),
    "tag.move": _("Moved a tag"),
    "tag.delete": _("Deleted a tag"),
    "tag.create_group": _("Created a tag group"),
    "tag.rename_group": _("Renamed a tag group"),
    "tag.move_group": _("Moved a tag group"),
    "tag.delete_group": _("Deleted a tag group"),
    "tag.set_rule": _("Let a segment keep a tag"),
    "tag.pause_rule": _("Paused a tag rule"),
    "tag.resume_rule": _("Resumed a tag rule"),
    "tag.run_rule": _("Ran a tag rule"),
    "tag.delete_rule": _("Deleted a tag rule"),
    "topic.create": _("Created a topic"),
    "topic.change": _("Changed a topic"),
    "welcome.create": _("Wrote a welcome"),
    "welcome.change": _("Changed a welcome"),
    "welcome.activate": _("Put a welcome in force"),
    "welcome.deactivate": _("Switched a welcome off"),
    "welcome.delete": _("Deleted a welcome"),
    "view.save": _("Saved a view"),
    "view.change": _("Changed a saved view"),
    "view.delete": _("Deleted a saved view"),
}


def action_words(action: str) -> str | Promise:
    """The action in words; one we have no words for is shown as it is."""
    return ACTIONS.get(action, action)


def subject_words(kind: str) -> str | Promise:
    """What a kind of subject is called; one that is no table of ours any more keeps its name."""
    model = _models().get(kind)
    return model._meta.verbose_name or kind if model is not None else kind


def subject_address(kind: str, subject_id: str) -> str:
    """The page of a subject: the console page named like its table, or its admin form, or ""."""
    model = _models().get(kind)
    if model is None or not subject_id:
        return ""
    for name in (f"console:{kind}", f"admin:{model._meta.app_label}_{kind}_change"):
        try:
            return reverse(name, args=[subject_id])
        except NoReverseMatch:
            continue
    return ""


@cache
def _models() -> dict[str, type[Model]]:
    return {model._meta.model_name or "": model for model in apps.get_models()}
