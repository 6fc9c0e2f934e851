"""Folders of the library, changed beside its grid (素材分组)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from broadcasts.models import MaterialFolder
from broadcasts.services.material_folders import create_folder, delete_folder, rename_folder
from broadcasts.views.material_list import MAY_ADD, MAY_CHANGE, MAY_DELETE
from scrm.console.views import ConsoleAction, operator_of
from scrm.errors import InvalidInput


class _FolderAct(ConsoleAction):
    """Does one thing and leads back to the library, with the reason if it could not."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        who = {"operator": operator_of(request), "now": timezone.now()}
        try:
            self.act(request, who)
        except InvalidInput as error:
            messages.error(request, str(error))
        return redirect("console:material-list")

    def act(self, request: HttpRequest, who: dict[str, Any]) -> None:
        raise NotImplementedError

    def folder(self) -> MaterialFolder:
        return get_object_or_404(MaterialFolder, pk=self.kwargs["pk"])


class NewFolder(_FolderAct):
    permission = MAY_ADD

    def act(self, request: HttpRequest, who: dict[str, Any]) -> None:
        create_folder(name=request.POST.get("name", ""), **who)


class RenameFolder(_FolderAct):
    permission = MAY_CHANGE

    def act(self, request: HttpRequest, who: dict[str, Any]) -> None:
        rename_folder(folder=self.folder(), name=request.POST.get("name", ""), **who)


class DeleteFolder(_FolderAct):
    permission = MAY_DELETE

    def act(self, request: HttpRequest, who: dict[str, Any]) -> None:
        delete_folder(folder=self.folder(), **who)
        messages.success(request, _("The folder is gone; what was in it stays in the library."))
