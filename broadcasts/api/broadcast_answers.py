"""What the API says about a broadcast: the dry run, how far it is, what came of each part."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from broadcasts.models import Broadcast, GroupRecipient, Recipient, Reminder
from broadcasts.selectors import recipients
from broadcasts.selectors.group_results import outcome_words
from broadcasts.selectors.progress import progress
from broadcasts.selectors.reminders import planned_reminders
from broadcasts.selectors.variant_results import variant_results


class CountSerializer(serializers.Serializer[Any]):
    """So many customers, or groups, for one reason, state or result."""

    code = serializers.CharField()
    words = serializers.CharField()
    count = serializers.IntegerField()


class ReasonSerializer(CountSerializer):
    code = serializers.CharField(source="reason")


class StaffLoadSerializer(serializers.Serializer[Any]):
    userid = serializers.CharField(source="staff.userid")
    recipients = serializers.IntegerField()
    batches = serializers.IntegerField()


class DryRunSerializer(serializers.Serializer[Any]):
    """Counts of customers, or of groups for a broadcast to groups; then `members` are the people
    in those that would receive it.
    """

    at = serializers.DateTimeField()
    total = serializers.IntegerField()
    chosen = serializers.IntegerField()
    held_out = serializers.IntegerField()
    excluded = serializers.IntegerField()
    members = serializers.IntegerField(allow_null=True, default=None)
    left_out = ReasonSerializer(many=True)
    staff = StaffLoadSerializer(many=True)
    needs_approval = serializers.BooleanField()


class StaffResultSerializer(serializers.Serializer[Any]):
    userid = serializers.CharField(source="staff.userid")
    state = serializers.CharField()
    recipients = serializers.IntegerField()
    sent = serializers.IntegerField()
    confirmed_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)


class VariantResultSerializer(serializers.Serializer[Any]):
    letter = serializers.CharField(source="variant.letter")
    share = serializers.IntegerField(source="variant.share")
    planned = serializers.IntegerField()
    sent = serializers.IntegerField()
    clickers = serializers.IntegerField(
        allow_null=True, help_text="Customers who opened one of its links; null without links."
    )


class ReminderSerializer(serializers.ModelSerializer[Reminder]):
    """A reminder by plan; a skipped one says why."""

    words = serializers.CharField(source="get_reason_display")

    class Meta:
        model = Reminder
        fields = ("due_at", "state", "reason", "words", "tasks", "decided_at")


class ResultsSerializer(serializers.Serializer[Any]):
    """How far it is. Customers are counted, or groups for a broadcast to groups."""

    chosen = serializers.IntegerField()
    sent = serializers.IntegerField()
    open = serializers.IntegerField()
    tasks = serializers.IntegerField()
    confirmed = serializers.IntegerField()
    batches = CountSerializer(many=True)
    failed = CountSerializer(many=True)
    left_out = CountSerializer(many=True)
    staff = StaffResultSerializer(many=True)
    variants = VariantResultSerializer(many=True)
    reminders = ReminderSerializer(many=True)
    next_reminder_at = serializers.DateTimeField(allow_null=True)
    polled_at = serializers.DateTimeField(allow_null=True)


def results_of(broadcast: Broadcast) -> dict[str, Any]:
    """What `ResultsSerializer` shows."""
    done, planned = progress(broadcast), planned_reminders(broadcast)
    return vars(done) | {
        "open": done.open,
        "variants": variant_results(broadcast),
        "reminders": planned.rows,
        "next_reminder_at": planned.next_at,
    }


class GroupResultSerializer(serializers.ModelSerializer[GroupRecipient]):
    """One group of the audience. `reason` says why it was left out, `result` why it did not get
    the message; `words` is either, or the state of its task, in the language of the request.
    """

    name = serializers.CharField(source="group.name")
    owner = serializers.CharField(source="staff.userid", allow_null=True, default=None)
    words = serializers.SerializerMethodField()

    class Meta:
        model = GroupRecipient
        fields = ("chat_id", "name", "owner", "state", "reason", "result", "words", "sent_at")

    @extend_schema_field(serializers.CharField(allow_blank=True))
    def get_words(self, row: GroupRecipient) -> str:
        return outcome_words(row)[0]


class RecipientSerializer(serializers.ModelSerializer[Recipient]):
    """One customer of the audience. `reason` says why she was left out, `result` why she did not
    get the message; `words` is either, or how far it is, in the language of the request.
    """

    contact = serializers.IntegerField(source="contact_id")
    userid = serializers.CharField(source="staff.userid", allow_null=True, default=None)
    words = serializers.SerializerMethodField()
    sent_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        model = Recipient
        fields = (
            *("contact", "external_userid", "userid", "state", "reason", "result"),
            *("words", "sent_at"),
        )

    @extend_schema_field(serializers.CharField())
    def get_words(self, row: Recipient) -> str:
        return recipients.outcome_words(row)


class StopReasonSerializer(serializers.Serializer[Any]):
    """A word on why; it stands in the operation log."""

    reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class ReviewSerializer(serializers.Serializer[Any]):
    """A word to the author, who needs one when it is sent back."""

    note = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class RemindedSerializer(serializers.Serializer[Any]):
    tasks = serializers.IntegerField(help_text="Tasks that WeCom is being asked to remind of.")
    left = serializers.IntegerField(help_text="Reminders left within 24 hours.")
