"""Downloads of figures that a worker may still be at."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext

from analytics.board.figures import BeingWorkedOut
from scrm.console.downloads import DatasetDownload


class WaitingDownload(DatasetDownload):
    """503 while a worker is at the figures."""

    def get(self, request: HttpRequest, dataset: str) -> HttpResponseBase:  # type: ignore[override]
        try:
            return super().get(request, dataset)
        except BeingWorkedOut:
            words = gettext("These figures are being worked out. Try again in a moment.")
            return HttpResponse(words, status=503, headers={"Retry-After": "5"})
