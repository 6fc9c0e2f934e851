"""The fields of a broadcast over REST: everything an operator writes, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from broadcasts.api.answers import NO_FIELD, Conflict, said
from broadcasts.models import Broadcast, TouchClass, Variant
from broadcasts.models.written import ReminderPlan
from broadcasts.selectors.policy import policy_settings
from broadcasts.selectors.senders import possible_senders
from broadcasts.services import compose
from contacts.models import Segment, Staff, Topic
from contacts.selectors.segments import live_segments
from groups.models import GroupSegment
from groups.selectors.audiences import live_segments as live_group_segments
from scrm.console.views import operator_of
from scrm.parsing import MomentField

WRITTEN = tuple(compose.Draft.__dataclass_fields__)
FIGURES = (
    "id",
    "segment_version",
    "state",
    "stop_reason",
    "origin",
    "plan",
    "fire_at",
    "chosen",
    "held_out",
    "excluded",
    "sent",
    "paused_at",
    "submitted_at",
    "reviewed_at",
    "review_note",
    "created_at",
    "scheduled_at",
    "frozen_at",
    "finished_at",
)


class VariantSerializer(serializers.Serializer[Any]):
    """One version of the message (A/B). The shares of all add up to 100."""

    letter = serializers.ChoiceField(Variant.Letter.choices)
    share = serializers.IntegerField(min_value=1, max_value=99, help_text="Percent.")
    text = serializers.CharField()
    attachments = serializers.ListField(child=serializers.DictField(), default=list)


@extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
class LeftOutField(serializers.ManyRelatedField):
    """Segments by id; a stored broadcast keeps them with the rule they had."""

    def get_attribute(self, instance: Broadcast) -> Any:
        return [entry["segment"] for entry in instance.without]

    def to_representation(self, iterable: Any) -> list[int]:
        return list(iterable)


@extend_schema_field(serializers.ListField(child=serializers.CharField()))
class SendersField(serializers.ManyRelatedField):
    """Staff by userid."""

    def get_attribute(self, instance: Broadcast) -> Any:
        if not instance.senders:
            return []
        rows = Staff.objects.filter(pk__in=instance.senders).order_by("pk")
        return rows.values_list("userid", flat=True)

    def to_representation(self, iterable: Any) -> list[str]:
        return list(iterable)


class BroadcastSerializer(serializers.ModelSerializer[Broadcast]):
    """A broadcast. One to customers (`kind` private) has a `segment`, one to groups (`group`) a
    `group_segment`. `attachments` are links in WeCom's own form or pieces of the library:
    `{"msgtype": "material", "material": id}`.
    """

    kind = serializers.ChoiceField(Broadcast.Kind.choices, default=Broadcast.Kind.PRIVATE)
    name = serializers.CharField(help_text="For colleagues; customers never see it.")
    benefit = serializers.CharField(help_text="What the customer gains, in one sentence.")
    segment = serializers.PrimaryKeyRelatedField[Segment](
        queryset=live_segments(), required=False, allow_null=True
    )
    group_segment = serializers.PrimaryKeyRelatedField[GroupSegment](
        queryset=live_group_segments(), required=False, allow_null=True
    )
    without = LeftOutField(
        child_relation=serializers.PrimaryKeyRelatedField(queryset=live_segments()),
        required=False,
        help_text="Ids of segments whose customers are not written to.",
    )
    senders = SendersField(
        child_relation=serializers.SlugRelatedField[Staff](
            slug_field="userid", queryset=Staff.objects.none()
        ),
        required=False,
        help_text="`userid` of the staff who are asked to send; empty for everybody.",
    )
    topic = serializers.PrimaryKeyRelatedField[Topic](
        queryset=Topic.objects.filter(is_active=True), required=False, allow_null=True
    )
    priority = serializers.IntegerField(min_value=1, max_value=9, required=False)
    text = serializers.CharField(
        required=False, allow_blank=True, help_text="With `variants`, that of A."
    )
    attachments = serializers.ListField(child=serializers.DictField(), required=False)
    variants = VariantSerializer(many=True, required=False)
    touch_class = serializers.ChoiceField(TouchClass.choices, required=False)
    holdout_percent = serializers.IntegerField(min_value=0, max_value=50, required=False)
    reminder_plan = serializers.ChoiceField(ReminderPlan.choices, required=False)
    window_start = MomentField()
    window_end = MomentField()
    sent = serializers.IntegerField(read_only=True, default=0)

    class Meta:
        model = Broadcast
        fields = (*WRITTEN, *FIGURES)
        read_only_fields = FIGURES

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        request = self.context.get("request")
        if request is not None and request.user.is_authenticated:
            senders: Any = self.fields["senders"]
            senders.child_relation.queryset = possible_senders(operator_of(request))

    def validate_senders(self, senders: Sequence[Staff]) -> list[int]:
        return [staff.pk for staff in senders]

    def validate_variants(self, variants: list[dict[str, Any]]) -> list[dict[str, Any]]:
        # A change of some fields still needs whole versions.
        whole = VariantSerializer(data=variants, many=True)
        whole.is_valid(raise_exception=True)
        return sorted(whole.validated_data, key=lambda part: part["letter"])

    def create(self, validated_data: dict[str, Any]) -> Broadcast:
        rules = policy_settings()
        house = {"holdout_percent": rules.holdout_percent, "priority": rules.broadcast_priority}
        draft = self._draft({"segment": None, "text": "", **house, **validated_data})
        with said():
            return compose.create_draft(draft=draft, **self._who())

    def update(self, instance: Broadcast, validated_data: dict[str, Any]) -> Broadcast:
        if instance.state != Broadcast.State.DRAFT:
            raise Conflict(gettext("Only a draft can be changed. Copy the broadcast instead."))
        there = _there(instance)
        if there["variants"]:
            own = ("text", "attachments")
            there["variants"][0] |= {k: validated_data[k] for k in own if k in validated_data}
        draft = self._draft({**there, **validated_data})
        with said():
            return compose.update_draft(broadcast=instance, draft=draft, **self._who())

    def _draft(self, values: dict[str, Any]) -> compose.Draft:
        """400 with everything that is wrong, by field."""
        if values.get("variants"):
            # A's words are the message's own.
            first = values["variants"][0]
            values |= {"text": first["text"], "attachments": first["attachments"]}
        draft = compose.Draft(**values)
        found: dict[str, list[str]] = {}
        for problem in compose.problems(draft, now=timezone.now()):
            found.setdefault(problem.field or NO_FIELD, []).append(str(problem))
        if found:
            raise ValidationError(found)
        return draft

    def _who(self) -> dict[str, Any]:
        return {"operator": operator_of(self.context["request"]), "now": timezone.now()}


def _there(broadcast: Broadcast) -> dict[str, Any]:
    """A draft as it stands, for a change of some of its fields."""
    kept = {name: getattr(broadcast, name) for name in WRITTEN if name != "variants"}
    left_out = [entry["segment"] for entry in broadcast.without]
    return kept | {
        "without": list(live_segments().filter(pk__in=left_out)),
        "variants": compose.variants_of(broadcast),
    }
