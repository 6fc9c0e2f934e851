"""REST access to notes on customers and to tasks for staff."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from contacts.api.base import ModelPermissions, NewestFirst, operator_of
from contacts.api.profile import refused
from contacts.models import NOTE_CHARS, Contact, ContactNote, StaffTask
from contacts.selectors.staff_tasks import visible_tasks
from contacts.selectors.visibility import visible_contacts
from contacts.services.notes import write_note
from contacts.services.staff_tasks import TaskClosed, close_task, give_task, tell_again
from scrm.errors import InvalidInput
from scrm.privacy import mask_phones

_LARGEST_ID = 2**63 - 1


class MayChange(ModelPermissions):
    perms_map = ModelPermissions.perms_map | {"POST": ["%(app_label)s.change_%(model_name)s"]}


class LatestFirst(NewestFirst):
    ordering: Any = ("-at", "-pk")


class LastGivenFirst(NewestFirst):
    ordering: Any = ("-created_at", "-pk")


class VisibleContactField(serializers.PrimaryKeyRelatedField[Contact]):
    """A customer the operator may see."""

    def get_queryset(self) -> QuerySet[Contact]:
        return visible_contacts(operator_of(self.context["request"]))

    def to_internal_value(self, data: Any) -> Contact:
        if isinstance(data, bool) or not str(data).isdecimal() or int(data) > _LARGEST_ID:
            self.fail("incorrect_type", data_type=type(data).__name__)
        return super().to_internal_value(data)


class NoteSerializer(serializers.ModelSerializer[ContactNote]):
    """A note on a customer (跟进记录). Phone numbers in it are masked in answers."""

    contact = VisibleContactField(queryset=Contact.objects.none())
    author = serializers.CharField(source="author.username", read_only=True)
    text = serializers.CharField(max_length=NOTE_CHARS)

    class Meta:
        model = ContactNote
        fields = ("id", "contact", "author", "text", "at")
        read_only_fields = ("at",)

    def to_representation(self, instance: ContactNote) -> dict[str, Any]:
        shown = super().to_representation(instance)
        return {**shown, "text": mask_phones(shown["text"])}


class NoteFilter(django_filters.FilterSet):  # type: ignore[misc]  # comes without types
    contact = django_filters.NumberFilter(
        field_name="contact_id", min_value=1, max_value=_LARGEST_ID
    )

    class Meta:
        model = ContactNote
        fields = ("contact",)


class NoteViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    GenericViewSet[ContactNote],
):
    """Notes on customers the operator may see, the latest first. Nothing changes a note."""

    queryset = ContactNote.objects.none()
    serializer_class = NoteSerializer
    permission_classes = (ModelPermissions,)
    pagination_class = LatestFirst
    filterset_class = NoteFilter

    def get_queryset(self) -> QuerySet[ContactNote]:
        notes = ContactNote.objects.select_related("author")
        operator = operator_of(self.request)
        if operator.sees_everything:
            return notes
        return notes.filter(contact__in=visible_contacts(operator))

    def perform_create(self, serializer: Any) -> None:
        given = serializer.validated_data
        try:
            serializer.instance = write_note(
                contact_id=given["contact"].pk,
                text=given["text"],
                operator=operator_of(self.request),
                now=timezone.now(),
            )
        except InvalidInput as error:
            raise refused(error) from error


class TaskSerializer(serializers.ModelSerializer[StaffTask]):
    """A task for staff (待办). `notice` is how far the message to them is; `staff` is our id."""

    contact = VisibleContactField(queryset=Contact.objects.none())
    staff = serializers.IntegerField(source="staff_id", min_value=1, max_value=_LARGEST_ID)
    userid = serializers.CharField(source="staff.userid", read_only=True)
    created_by = serializers.CharField(source="created_by.username", read_only=True)

    class Meta:
        model = StaffTask
        fields = (
            "id",
            "contact",
            "staff",
            "userid",
            "text",
            "due_on",
            "state",
            "created_by",
            "created_at",
            "closed_at",
            "notice",
            "notice_error",
            "notice_at",
        )
        read_only_fields = (
            "state",
            "created_at",
            "closed_at",
            "notice",
            "notice_error",
            "notice_at",
        )


class TaskFilter(django_filters.FilterSet):  # type: ignore[misc]  # comes without types
    """`staff` is our id; `due_from` and `due_to` are days."""

    contact = django_filters.NumberFilter(
        field_name="contact_id", min_value=1, max_value=_LARGEST_ID
    )
    staff = django_filters.NumberFilter(field_name="staff_id", min_value=1, max_value=_LARGEST_ID)
    state = django_filters.ChoiceFilter(choices=StaffTask.State.choices)
    notice = django_filters.ChoiceFilter(choices=StaffTask.Notice.choices)
    due_from = django_filters.DateFilter(field_name="due_on", lookup_expr="gte")
    due_to = django_filters.DateFilter(field_name="due_on", lookup_expr="lte")

    class Meta:
        model = StaffTask
        fields = ("contact", "staff", "state", "notice", "due_from", "due_to")


class TaskViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    GenericViewSet[StaffTask],
):
    """Tasks for the staff whose customers the operator may see, the last given first."""

    queryset = StaffTask.objects.none()
    serializer_class = TaskSerializer
    permission_classes = (ModelPermissions,)
    pagination_class = LastGivenFirst
    filterset_class = TaskFilter

    def get_queryset(self) -> QuerySet[StaffTask]:
        return visible_tasks(operator_of(self.request))

    def perform_create(self, serializer: Any) -> None:
        given = serializer.validated_data
        try:
            serializer.instance = give_task(
                contact_id=given["contact"].pk,
                staff_id=given["staff_id"],
                text=given["text"],
                due_on=given["due_on"],
                operator=operator_of(self.request),
                now=timezone.now(),
            )
        except InvalidInput as error:
            raise refused(error) from error

    @extend_schema(request=None, responses=TaskSerializer)
    @action(detail=True, methods=["post"], permission_classes=[MayChange])
    def done(self, request: Request, **_kwargs: Any) -> Response:
        """Close it as done. 409 when it was cancelled."""
        return self._close(request, StaffTask.State.DONE)

    @extend_schema(request=None, responses=TaskSerializer)
    @action(detail=True, methods=["post"], permission_classes=[MayChange])
    def cancel(self, request: Request, **_kwargs: Any) -> Response:
        """Close it as not needed. 409 when it was done."""
        return self._close(request, StaffTask.State.CANCELLED)

    @extend_schema(request=None, responses=TaskSerializer)
    @action(detail=True, methods=["post"], permission_classes=[MayChange])
    def tell(self, request: Request, **_kwargs: Any) -> Response:
        """Send the message again that could not be sent. 409 when there is none."""
        task = self.get_object()
        if not tell_again(task_id=task.pk, operator=operator_of(request), now=timezone.now()):
            return Response({"detail": "no failed message"}, status=status.HTTP_409_CONFLICT)
        return self._answer(task)

    def _close(self, request: Request, state: str) -> Response:
        task = self.get_object()
        try:
            close_task(
                task_id=task.pk, state=state, operator=operator_of(request), now=timezone.now()
            )
        except TaskClosed as error:
            return Response({"detail": str(error)}, status=status.HTTP_409_CONFLICT)
        return self._answer(task)

    def _answer(self, task: StaffTask) -> Response:
        task.refresh_from_db()
        return Response(self.get_serializer(task).data)
