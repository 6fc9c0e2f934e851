"""One material: its page, its form, and what an operator can do with it (素材详情)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcasts.models import Material
from broadcasts.policy.message_limits import TEXT_BYTES
from broadcasts.policy.variables import VARIABLES
from broadcasts.selectors.links import figures_of, short_address
from broadcasts.selectors.material_uses import uses_of
from broadcasts.selectors.materials import picture_of
from broadcasts.selectors.media import is_usable
from broadcasts.services.materials import (
    archive_material,
    create_material,
    current_version,
    delete_material,
    restore_material,
    update_material,
)
from broadcasts.views.material_form import BYTES_OF, MaterialForm, values_of
from broadcasts.views.material_list import (
    ICONS,
    MAY_ADD,
    MAY_CHANGE,
    MAY_DELETE,
    MAY_LOOK,
    rights,
)
from scrm.console.fields import blame
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import InvalidInput

_VERSIONS_SHOWN = 20


def material_of(pk: int) -> Material:
    """Raises Http404."""
    return get_object_or_404(Material.objects.select_related("folder", "created_by"), pk=pk)


class MaterialPage(ConsolePage):
    template_name = "broadcasts/material.html"
    permission = MAY_LOOK

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        material, operator = material_of(self.kwargs["pk"]), operator_of(self.request)
        version = current_version(material)
        links = list(material.links.select_related("broadcast"))
        figures = figures_of(links)
        return super().get_context_data(
            title=material.name,
            material=material,
            version=version,
            picture=picture_of(version),
            uses=uses_of(material),
            versions=material.versions.select_related("file", "created_by")[:_VERSIONS_SHOWN],
            links=[(link, figures.get(link.pk), short_address(link.code)) for link in links],
            is_at_wecom=version.file is not None and is_usable(version.file, timezone.now()),
            icon=ICONS[material.kind],
            **rights(operator),
            **kwargs,
        )


class NewMaterial(ConsolePage):
    """A form for one kind, named in the address. Programs of the page get their errors as JSON."""

    template_name = "broadcasts/material_form.html"
    permission = MAY_ADD
    page_title = gettext_lazy("New material")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.setdefault("form", MaterialForm(kind=self.kind(), initial=self.start()))
        return super().get_context_data(
            kind=form.kind,
            kind_label=Material.Kind(form.kind).label,
            text_bytes=TEXT_BYTES,
            byte_limits=BYTES_OF.get(form.kind, {}),
            variables=[f"{{{one.names[0]}}}" for one in VARIABLES],
            **{"picture": "", "material": None, **kwargs},
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.answer(MaterialForm(request.POST, request.FILES, kind=self.kind()))

    def answer(self, form: MaterialForm) -> HttpResponse:
        wants_json = "application/json" in self.request.headers.get("Accept", "")
        if form.is_valid():
            try:
                saved = self.save(form, now=timezone.now())
            except InvalidInput as error:
                blame(form, error)
            else:
                messages.success(self.request, _("Saved."))
                address = reverse("console:material", args=[saved.pk])
                return JsonResponse({"url": address}) if wants_json else redirect(address)
        if wants_json:
            return JsonResponse({"errors": form.errors}, status=422)
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def kind(self) -> str:
        asked = self.request.GET.get("kind", Material.Kind.TEXT)
        if asked not in Material.Kind.values:
            raise Http404
        return asked

    def start(self) -> dict[str, Any]:
        return {"folder": self.request.GET.get("folder", "")}

    def save(self, form: MaterialForm, *, now: datetime) -> Material:
        return create_material(draft=form.draft(), operator=operator_of(self.request), now=now)


class EditMaterial(NewMaterial):
    permission = MAY_CHANGE
    page_title = gettext_lazy("Change the material")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        material = material_of(self.kwargs["pk"])
        version = current_version(material)
        if "form" not in kwargs:
            kwargs["form"] = MaterialForm(
                kind=material.kind,
                has_file=version.file_id is not None,
                initial=values_of(material, version),
            )
        return super().get_context_data(
            material=material,
            version=version,
            picture=picture_of(version),
            live_uses=[use for use in uses_of(material) if use.is_live],
            **kwargs,
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        material = material_of(self.kwargs["pk"])
        has_file = current_version(material).file_id is not None
        return self.answer(
            MaterialForm(request.POST, request.FILES, kind=material.kind, has_file=has_file)
        )

    def save(self, form: MaterialForm, *, now: datetime) -> Material:
        return update_material(
            material=material_of(self.kwargs["pk"]),
            draft=form.draft(),
            operator=operator_of(self.request),
            now=now,
        )


class Archive(ConsoleAction):
    permission = MAY_CHANGE

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        archive_material(
            material=material_of(pk), operator=operator_of(request), now=timezone.now()
        )
        messages.success(request, _("Archived. What names it already goes on sending it."))
        return redirect("console:material", pk=pk)


class Restore(ConsoleAction):
    permission = MAY_CHANGE

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        restore_material(
            material=material_of(pk), operator=operator_of(request), now=timezone.now()
        )
        messages.success(request, _("Back in the library."))
        return redirect("console:material", pk=pk)


class Delete(ConsoleAction):
    permission = MAY_DELETE

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        material = material_of(pk)
        try:
            delete_material(material=material, operator=operator_of(request), now=timezone.now())
        except InvalidInput as error:
            messages.error(request, str(error))
            return redirect("console:material", pk=pk)
        messages.success(request, _("Deleted."))
        return redirect("console:material-list")
