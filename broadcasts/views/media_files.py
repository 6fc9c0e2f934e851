"""Originals of messages' files, for operators alone (素材文件)."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.generic import View

from broadcasts.models import MediaFile
from broadcasts.policy.file_kinds import JPEG, MP4, PNG
from broadcasts.views.material_list import MAY_LOOK
from scrm.console.views import Guarded

# What a browser may show; everything else is only ever saved.
_SHOWN = {PNG, JPEG, MP4}


class ServeMediaFile(Guarded, View):
    """The content, with the type that was found in it."""

    permission = MAY_LOOK
    http_method_names = ["get"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        file = get_object_or_404(MediaFile, pk=pk)
        try:
            content = default_storage.open(file.path)
        except FileNotFoundError:
            raise Http404 from None
        is_shown = file.content_type in _SHOWN
        answer = FileResponse(
            content,
            as_attachment=not is_shown,
            filename=file.filename,
            content_type=file.content_type if is_shown else "application/octet-stream",
        )
        # A row's content never changes, but only who is logged in may see it.
        answer.headers["Cache-Control"] = "private, max-age=86400"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer
