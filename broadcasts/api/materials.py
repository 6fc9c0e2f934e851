"""REST: the content library and tracked links."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from broadcasts.models import Material, MaterialFolder, MaterialVersion, TrackedLink
from broadcasts.policy.message_limits import FILE_BYTES
from broadcasts.policy.references import Reference
from broadcasts.selectors.links import LinkFigures, figures_of, short_address
from broadcasts.selectors.material_parts import versions_of
from broadcasts.selectors.material_uses import uses_of
from broadcasts.services.links import create_link
from broadcasts.services.material_checks import MaterialDraft
from broadcasts.services.materials import (
    archive_material,
    create_material,
    current_version,
    delete_material,
    restore_material,
    update_material,
)
from broadcasts.services.media_files import Upload
from contacts.api import NewestFirst
from scrm.console.views import operator_of
from scrm.errors import InvalidInput
from scrm.parsing import CautiousJSONParser


class _Permission(BasePermission):
    """The same permissions as on the pages, by action."""

    model = ""
    needed: dict[str, str] = {}

    def has_permission(self, request: Request, view: Any) -> bool:
        verb = self.needed.get(view.action, "view")
        return bool(request.user and request.user.has_perm(f"broadcasts.{verb}_{self.model}"))


class MaterialPermission(_Permission):
    model = "material"
    needed = {
        "create": "add",
        "update": "change",
        "partial_update": "change",
        "archive": "change",
        "restore": "change",
        "destroy": "delete",
    }


class LinkPermission(_Permission):
    model = "trackedlink"
    needed = {"create": "add"}


@extend_schema_field(OpenApiTypes.BINARY)
class UploadField(serializers.Field[Any, Any, Any, Any]):
    """A file of a multipart form; in JSON its content as base64, without a name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(write_only=True, required=False, **options)

    def to_internal_value(self, data: object) -> Upload:
        if isinstance(data, UploadedFile):
            return Upload(data.name or "", data.read(FILE_BYTES["file"] + 1))
        try:
            return Upload("", b64decode(str(data), validate=True))
        except (NotBase64, ValueError):
            raise ValidationError(_("Write the file as base64.")) from None


class MaterialSerializer(serializers.ModelSerializer[Material]):
    """A material with its current words. `body`: title, desc, url and picurl of a link card, or
    title, appid and page of a mini program. `filename` names a file given as base64.
    """

    kind = serializers.ChoiceField(choices=Material.Kind.choices)
    folder = serializers.SlugRelatedField(
        slug_field="name", queryset=MaterialFolder.objects.all(), allow_null=True, required=False
    )
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    text = serializers.CharField(required=False, allow_blank=True)
    body = serializers.DictField(child=serializers.CharField(allow_blank=True), required=False)
    file = UploadField()
    _versions: dict[Reference, MaterialVersion] | None = None
    filename = serializers.CharField(required=False, max_length=128)

    class Meta:
        model = Material
        fields = (
            "id",
            "kind",
            "name",
            "folder",
            "tags",
            "text",
            "body",
            "file",
            "filename",
            "version",
            "is_archived",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("version", "is_archived", "created_at", "updated_at")

    def to_representation(self, instance: Material) -> dict[str, Any]:
        version = self._version(instance)
        return {
            "id": instance.pk,
            "kind": instance.kind,
            "name": instance.name,
            "folder": instance.folder.name if instance.folder else None,
            "tags": instance.tags,
            "text": version.text,
            "body": version.body,
            "filename": version.file.filename if version.file else "",
            "version": instance.version,
            "is_archived": instance.is_archived,
            "created_at": instance.created_at,
            "updated_at": instance.updated_at,
        }

    def _version(self, material: Material) -> MaterialVersion:
        """The current one; read once for all rows of a page."""
        if self.parent is None:
            return current_version(material)
        if self._versions is None:
            rows: Any = self.parent.instance
            self._versions = versions_of(Reference(one.pk) for one in rows)
        return self._versions[Reference(material.pk)]

    def create(self, validated_data: dict[str, Any]) -> Material:
        return self._saved(None, validated_data)

    def update(self, instance: Material, validated_data: dict[str, Any]) -> Material:
        version = current_version(instance)
        there = {
            "kind": instance.kind,
            "name": instance.name,
            "folder": instance.folder,
            "tags": instance.tags,
            "text": version.text,
            "body": version.body,
        }
        given = {**there, **validated_data} if self.partial else validated_data
        return self._saved(instance, given)

    def _saved(self, material: Material | None, values: dict[str, Any]) -> Material:
        upload: Upload | None = values.pop("file", None)
        filename = values.pop("filename", "")
        if upload is not None and filename:
            upload = Upload(filename, upload.content)
        draft = MaterialDraft(**values, upload=upload)
        who: dict[str, Any] = {
            "operator": operator_of(self.context["request"]),
            "now": timezone.now(),
        }
        try:
            if material is None:
                return create_material(draft=draft, **who)
            return update_material(material=material, draft=draft, **who)
        except InvalidInput as error:
            raise ValidationError({error.field or "non_field_errors": [str(error)]}) from error


class MaterialUseSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    name = serializers.CharField()
    url = serializers.CharField()
    state = serializers.CharField()
    is_live = serializers.BooleanField()


class LatestMaterialsFirst(NewestFirst):
    ordering: Any = ("-updated_at", "-pk")


class MaterialViewSet(viewsets.ModelViewSet[Material]):
    """Materials (素材). Messages name one as `{"msgtype": "material", "material": id}`."""

    serializer_class = MaterialSerializer
    permission_classes = [MaterialPermission]
    pagination_class = LatestMaterialsFirst
    parser_classes = [CautiousJSONParser, MultiPartParser]
    queryset = Material.objects.none()
    filterset_fields = ("kind", "is_archived", "folder__name")

    def get_queryset(self) -> QuerySet[Material]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return Material.objects.select_related("folder")

    def perform_destroy(self, instance: Material) -> None:
        try:
            delete_material(
                material=instance, operator=operator_of(self.request), now=timezone.now()
            )
        except InvalidInput as error:
            raise ValidationError({"non_field_errors": [str(error)]}) from error

    @extend_schema(request=None, responses=MaterialSerializer)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, **_kwargs: Any) -> Response:
        """Out of the library; what names it goes on sending it."""
        return self._moved(archive_material)

    @extend_schema(request=None, responses=MaterialSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, **_kwargs: Any) -> Response:
        return self._moved(restore_material)

    @extend_schema(responses=MaterialUseSerializer(many=True))
    @action(detail=True, pagination_class=None, filterset_fields=())
    def uses(self, request: Request, **_kwargs: Any) -> Response:
        """Every place that names it."""
        return Response(MaterialUseSerializer(uses_of(self.get_object()), many=True).data)

    def _moved(self, verb: Any) -> Response:
        material = self.get_object()
        verb(material=material, operator=operator_of(self.request), now=timezone.now())
        material.refresh_from_db()
        return Response(self.get_serializer(material).data)


class LinkSerializer(serializers.ModelSerializer[TrackedLink]):
    """A short link with its figures."""

    _counted: dict[int, LinkFigures] | None = None
    address = serializers.SerializerMethodField()
    clicks = serializers.SerializerMethodField()
    people = serializers.SerializerMethodField()
    anonymous = serializers.SerializerMethodField()
    title = serializers.CharField(required=False, allow_blank=True, default="")

    class Meta:
        model = TrackedLink
        fields = (
            "id",
            "code",
            "address",
            "target",
            "title",
            "material",
            "broadcast",
            "variant",
            "clicks",
            "people",
            "anonymous",
            "created_at",
        )
        read_only_fields = ("code", "material", "broadcast", "variant", "created_at")

    def get_address(self, link: TrackedLink) -> str:
        return short_address(link.code)

    def get_clicks(self, link: TrackedLink) -> int:
        return self._figures(link).clicks

    def get_people(self, link: TrackedLink) -> int:
        return self._figures(link).people

    def get_anonymous(self, link: TrackedLink) -> int:
        return self._figures(link).anonymous

    def _figures(self, link: TrackedLink) -> LinkFigures:
        """Counted once for all rows of a page."""
        if self._counted is None:
            rows: Any = self.parent.instance if self.parent is not None else [link]
            self._counted = figures_of(rows)
        return self._counted.get(link.pk, LinkFigures())

    def create(self, validated_data: dict[str, Any]) -> TrackedLink:
        operator = operator_of(self.context["request"])
        try:
            return create_link(**validated_data, operator=operator, now=timezone.now())
        except InvalidInput as error:
            raise ValidationError({error.field or "non_field_errors": [str(error)]}) from error


class LatestLinksFirst(NewestFirst):
    ordering: Any = ("-created_at", "-pk")


class LinkViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    viewsets.GenericViewSet[TrackedLink],
):
    """Tracked links (雷达链接), newest first. Those of broadcasts are made at their hand-over."""

    serializer_class = LinkSerializer
    permission_classes = [LinkPermission]
    pagination_class = LatestLinksFirst
    queryset = TrackedLink.objects.all()
    filterset_fields = ("broadcast", "material", "code")


VIEWSETS = {"materials": MaterialViewSet, "links": LinkViewSet}
