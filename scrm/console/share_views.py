"""Share links (分享链接): the button of a data page, the list, and the short address itself."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from scrm.console.models import Operator, ShareLink
from scrm.console.paging import Sort, window
from scrm.console.roles import roles_with
from scrm.console.shared_state import MAY_SHARE, page_at
from scrm.console.shares import revoke, share, visible_links
from scrm.console.views import ConsoleAction, ConsolePage, Guarded, RowAction, operator_of
from scrm.errors import ScrmError

MAY_OPEN, MAY_REVOKE = "console.view_sharelink", "console.change_sharelink"
_NEWEST_FIRST = Sort("created_at")


class ShareList(ConsolePage):
    template_name = "console/shares.html"
    page_title = gettext_lazy("Share links")
    permission = MAY_OPEN
    is_shareable = False

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = window(
            visible_links(operator_of(self.request)),
            sort=_NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
        )
        return super().get_context_data(
            window=page,
            rows=[(link, _address(self.request, link)) for link in page.rows],
            **kwargs,
        )


class NewShare(ConsoleAction):
    """The link of the page's state, in place of the button or at the head of the list."""

    permission = MAY_SHARE

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            link = share(
                path=request.POST.get("path", ""),
                query=request.POST.get("query", ""),
                title=request.POST.get("title", ""),
                **self.acting(),
            )
        except ScrmError as error:
            if request.headers.get("HX-Request"):
                return render(request, "console/share_made.html", {"error": error}, status=200)
            messages.error(request, str(error))
            return redirect("console:shares")
        address = _address(request, link)
        if request.headers.get("HX-Request"):
            return render(request, "console/share_made.html", {"address": address})
        messages.success(request, _("The link: %(address)s") % {"address": address})
        return redirect("console:shares")


class RevokeShare(RowAction):
    permission = MAY_REVOKE

    def row(self, request: HttpRequest, pk: int) -> ShareLink:
        return get_object_or_404(visible_links(operator_of(request)), pk=pk)

    def act(self, request: HttpRequest, link: ShareLink) -> None:
        revoke(link=link, **self.acting())
        messages.success(request, _("Revoked. The link opens nothing any more."))

    def back(self, _row: ShareLink) -> HttpResponseBase:
        return redirect("console:shares")


class OpenShare(Guarded, View):
    """Leads to the page in the state it was shared in, whoever may see that page."""

    http_method_names = ["get"]
    permission = MAY_OPEN

    def get(self, request: HttpRequest, code: str) -> HttpResponseBase:
        link = get_object_or_404(ShareLink, code=code)
        if link.revoked_at is not None:
            return render(request, "console/share_revoked.html", {"link": link}, status=410)
        page = page_at(link.path)
        if page is None:
            return render(request, "console/share_revoked.html", {"link": link}, status=410)
        if not operator_of(request).has_perm(page.permission):
            return _refused(request, link, page.permission)
        return redirect(link.target)

    def handle_no_permission(self) -> Any:
        """A role that opens no links at all is told what the page would need."""
        if not isinstance(self.request.user, Operator):
            return super().handle_no_permission()
        link = ShareLink.objects.filter(code=self.kwargs["code"], revoked_at=None).first()
        return _refused(self.request, link, link.permission if link else MAY_OPEN)


def _refused(request: HttpRequest, link: ShareLink | None, permission: str) -> HttpResponse:
    context = {
        "link": link,
        "permission": permission,
        "roles": [role.label for role in roles_with(permission)],
        "role": operator_of(request).get_role_display(),
    }
    return render(request, "console/share_refused.html", context, status=403)


def _address(request: HttpRequest, link: ShareLink) -> str:
    return request.build_absolute_uri(reverse("console:share", args=[link.code]))
