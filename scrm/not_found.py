"""What stands at an address that leads nowhere."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.defaults import page_not_found


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Programs are answered as the rest of the API answers them, browsers with a page."""
    if request.path.startswith("/api/"):
        answer = {"detail": _("There is nothing at this address.")}
        return JsonResponse(answer, status=404, json_dumps_params={"ensure_ascii": False})
    return page_not_found(request, exception)
