"""REST access to churn alerts (流失预警): who may leave, closing an alert."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from analytics.board.alert_words import sentences
from analytics.metrics.churn_reasons import Reason
from analytics.models import ALERT_NOTE_CHARS, ChurnAlert
from analytics.selectors.alerts import visible_alerts
from analytics.services.alerts import AlertClosed, close_alert
from contacts.api.base import ModelPermissions, NewestFirst, operator_of
from scrm.errors import InvalidInput
from scrm.privacy import mask_phones

_LARGEST_ID = 2**63 - 1


class MayClose(ModelPermissions):
    perms_map = ModelPermissions.perms_map | {"POST": ["%(app_label)s.change_%(model_name)s"]}


class NewestAlertsFirst(NewestFirst):
    ordering: Any = ("-made_at", "-pk")


class AlertReasonSerializer(serializers.Serializer[Any]):
    """One reason: its code and the customer's own numbers (days, fen, counts)."""

    reason = serializers.ChoiceField(choices=[reason.value for reason in Reason])
    numbers = serializers.DictField(child=serializers.IntegerField())


class ChurnAlertSerializer(serializers.ModelSerializer[ChurnAlert]):
    """A churn alert. Money in fen; `loss_fen` = `risk` × `value_fen`; `staff` is our id, `words`
    are the reasons in the language of the operator.
    """

    userid = serializers.CharField(source="staff.userid", read_only=True)
    external_userid = serializers.CharField(source="contact.external_userid", read_only=True)
    reasons = AlertReasonSerializer(many=True, read_only=True)
    words = serializers.SerializerMethodField()

    class Meta:
        model = ChurnAlert
        fields = (
            *("id", "contact", "external_userid", "staff", "userid", "day", "made_at", "kind"),
            *("risk", "value_fen", "loss_fen", "reasons", "words", "action", "state"),
            *("closed_at", "note", "task", "outcome", "outcome_on"),
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_words(self, alert: ChurnAlert) -> list[str]:
        return sentences(alert.reasons)

    def to_representation(self, instance: ChurnAlert) -> dict[str, Any]:
        shown = super().to_representation(instance)
        return {**shown, "note": mask_phones(shown["note"])}


class AlertNoteSerializer(serializers.Serializer[Any]):
    note = serializers.CharField(
        max_length=ALERT_NOTE_CHARS, required=False, allow_blank=True, default=""
    )


class ChurnAlertFilter(django_filters.FilterSet):  # type: ignore[misc]  # comes without types
    """`staff` and `contact` are our ids; `day_from` and `day_to` are days."""

    contact = django_filters.NumberFilter(
        field_name="contact_id", min_value=1, max_value=_LARGEST_ID
    )
    staff = django_filters.NumberFilter(field_name="staff_id", min_value=1, max_value=_LARGEST_ID)
    state = django_filters.ChoiceFilter(choices=ChurnAlert.State.choices)
    kind = django_filters.ChoiceFilter(choices=ChurnAlert.Kind.choices)
    action = django_filters.ChoiceFilter(choices=ChurnAlert.Action.choices)
    outcome = django_filters.ChoiceFilter(
        choices=[choice for choice in ChurnAlert.Outcome.choices if choice[0]]
    )
    day_from = django_filters.DateFilter(field_name="day", lookup_expr="gte")
    day_to = django_filters.DateFilter(field_name="day", lookup_expr="lte")

    class Meta:
        model = ChurnAlert
        fields = ("contact", "staff", "state", "kind", "action", "outcome", "day_from", "day_to")


class ChurnAlertViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[ChurnAlert]
):
    """Churn alerts of the staff whose customers the operator may see, the newest first."""

    queryset = ChurnAlert.objects.none()
    serializer_class = ChurnAlertSerializer
    permission_classes = (ModelPermissions,)
    pagination_class = NewestAlertsFirst
    filterset_class = ChurnAlertFilter

    def get_queryset(self) -> QuerySet[ChurnAlert]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return visible_alerts(operator_of(self.request))

    @extend_schema(request=AlertNoteSerializer, responses=ChurnAlertSerializer)
    @action(detail=True, methods=["post"], permission_classes=[MayClose])
    def done(self, request: Request, **_kwargs: Any) -> Response:
        """Close it as done, with a `note`. 409 when it is closed otherwise."""
        return self._close(request, ChurnAlert.State.DONE)

    @extend_schema(request=AlertNoteSerializer, responses=ChurnAlertSerializer)
    @action(detail=True, methods=["post"], permission_classes=[MayClose])
    def dismiss(self, request: Request, **_kwargs: Any) -> Response:
        """Close it as not worth an act, with a `note`. 409 when it is closed otherwise."""
        return self._close(request, ChurnAlert.State.DISMISSED)

    def _close(self, request: Request, state: str) -> Response:
        alert = self.get_object()
        given = AlertNoteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            close_alert(
                alert_id=alert.pk,
                state=state,
                note=given.validated_data["note"],
                operator=operator_of(request),
                now=timezone.now(),
            )
        except AlertClosed as error:
            return Response({"detail": str(error)}, status=status.HTTP_409_CONFLICT)
        except InvalidInput as error:
            raise ValidationError({error.field: [str(error)]}) from error
        alert.refresh_from_db()
        return Response(self.get_serializer(alert).data)


VIEWSETS: dict[str, Any] = {"churn-alerts": ChurnAlertViewSet}
