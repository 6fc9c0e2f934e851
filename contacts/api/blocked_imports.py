"""REST access to imports of blocked customers (免打扰名单导入)."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from contacts.api.base import ModelPermissions, NewestFirst, operator_of
from contacts.models import BlockedImport, BlockedImportLine
from contacts.rules.phones import mask
from contacts.services.blocked_import import check_file, start_import, undo_import
from scrm.errors import InvalidInput

_MOST_CHARS = 5 * 1024 * 1024


class MayImport(ModelPermissions):
    """Who may look at imports is who may make them: they name customers."""

    perms_map = {
        method: ["%(app_label)s.add_%(model_name)s"] for method in ("GET", "HEAD", "POST")
    } | {"OPTIONS": []}


class BlockedImportSerializer(serializers.ModelSerializer[BlockedImport]):
    """An import. `content` is the file as text: CSV with the columns external_userid, unionid and
    phone, any of them. `lines` counts its lines by state.
    """

    content = serializers.CharField(write_only=True, max_length=_MOST_CHARS, trim_whitespace=False)
    lines = serializers.SerializerMethodField()

    class Meta:
        model = BlockedImport
        fields = (
            "id",
            "name",
            "reason",
            "content",
            "state",
            "lines",
            "created_at",
            "finished_at",
        )
        read_only_fields = ("state", "created_at", "finished_at")

    def get_lines(self, imported: BlockedImport) -> dict[str, int]:
        counted = imported.lines.order_by().values_list("state").annotate(Count("pk"))
        return dict(counted)


class BlockedLineSerializer(serializers.ModelSerializer[BlockedImportLine]):
    """A line that names nobody, and why. Phone numbers are masked."""

    phone = serializers.SerializerMethodField()

    class Meta:
        model = BlockedImportLine
        fields = ("number", "external_userid", "unionid", "phone", "state")

    def get_phone(self, line: BlockedImportLine) -> str:
        return mask(line.phone)


class NewestImportsFirst(NewestFirst):
    ordering: Any = ("-created_at", "-pk")


class LinesInOrder(NewestFirst):
    ordering: Any = ("number", "pk")

    def decode_cursor(self, request: Request) -> Any:
        """Lines are placed by their number, not by a moment."""
        return super(NewestFirst, self).decode_cursor(request)


class BlockedImportViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    GenericViewSet[BlockedImport],
):
    """Imports of blocked customers: POST reads a file and blocks nobody yet, `start/` does."""

    queryset = BlockedImport.objects.none()
    serializer_class = BlockedImportSerializer
    permission_classes = (MayImport,)
    pagination_class = NewestImportsFirst

    def get_queryset(self) -> QuerySet[BlockedImport]:
        operator = operator_of(self.request)
        rows = BlockedImport.objects.all()
        return rows if operator.sees_everything else rows.filter(created_by=operator)

    def perform_create(self, serializer: Any) -> None:
        given = serializer.validated_data
        try:
            serializer.instance = check_file(
                name=given["name"],
                content=given["content"].encode(),
                reason=given.get("reason", ""),
                **self._acting(),
            )
        except InvalidInput as error:
            raise serializers.ValidationError({"content": [str(error)]}) from error

    @extend_schema(request=None, responses=BlockedImportSerializer)
    @action(detail=True, methods=["post"])
    def start(self, _request: Request, **_kwargs: Any) -> Response:
        """Block the customers that were found; a worker does it. 409 when it was done before."""
        return self._moved(start_import)

    @extend_schema(request=None, responses=BlockedImportSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, _request: Request, **_kwargs: Any) -> Response:
        """Free whom this import blocked. 409 when there is nothing to undo."""
        return self._moved(undo_import)

    @extend_schema(responses=BlockedLineSerializer(many=True))
    @action(detail=True, pagination_class=LinesInOrder)
    def faults(self, _request: Request, **_kwargs: Any) -> Response:
        """The lines that name nobody, in their order."""
        imported = self.get_object()
        lines: Any = imported.lines.filter(state__in=BlockedImportLine.FAULTS)
        page: Any = self.paginate_queryset(lines)
        return self.get_paginated_response(BlockedLineSerializer(page, many=True).data)

    def _moved(self, act: Any) -> Response:
        imported = self.get_object()
        try:
            moved = act(imported_id=imported.pk, **self._acting())
        except InvalidInput as error:
            return Response({"detail": str(error)}, status=status.HTTP_409_CONFLICT)
        return Response(self.get_serializer(moved).data)

    def _acting(self) -> dict[str, Any]:
        return {"operator": operator_of(self.request), "now": timezone.now()}
