"""Saved views of the customer list (保存的视图): save, and the page that manages them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import SavedView
from contacts.selectors.saved_views import default_view, views_for
from contacts.services.saved_views import (
    MAY_SHARE,
    change_view,
    delete_view,
    save_view,
    set_default_view,
)
from contacts.views.chosen import asked_filter, back_to_list
from contacts.views.contact_list import MAY_LOOK, address_of
from contacts.views.filter_form import ContactFilter
from scrm.console.fields import row_number
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import InvalidInput


class SaveView(ConsoleAction):
    """Keep the filter in the address: under a new name, or as the new filter of an own view."""

    permission = MAY_LOOK

    def post(self, request: HttpRequest) -> HttpResponseRedirect:
        operator, now = operator_of(request), timezone.now()
        query = asked_filter(request, operator).query()
        given = request.POST
        try:
            if given.get("replace"):
                number = request.GET.get("view", "")
                own = SavedView.objects.filter(owner=operator, pk=row_number(number) or 0)
                view = get_object_or_404(own)
                change_view(view=view, query=query, operator=operator, now=now)
            else:
                view = save_view(
                    name=given.get("name", ""),
                    query=query,
                    is_shared="is_shared" in given,
                    operator=operator,
                    now=now,
                )
                if "is_default" in given:
                    set_default_view(view=view, operator=operator)
        except InvalidInput as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(back_to_list(request))
        messages.success(request, _("Saved: %(name)s.") % {"name": view.name})
        return HttpResponseRedirect(address_of(view))


class SavedViewsPage(ConsolePage):
    """The views an operator can open, to rename, share, delete, or open the list with."""

    template_name = "contacts/saved_views.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Saved views")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        rows = [
            {
                "view": view,
                "url": address_of(view),
                "words": _words(view, operator),
                "is_own": view.owner_id == operator.pk,
            }
            for view in views_for(operator)
        ]
        return super().get_context_data(
            rows=rows,
            default_view=default_view(operator),
            may_share=operator.has_perm(MAY_SHARE),
            **kwargs,
        )


class ChangeSavedView(ConsoleAction):
    """One act on one view: `act` is rename, share, unshare, delete, default or no-default."""

    permission = MAY_LOOK

    def post(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        operator = operator_of(request)
        view = views_for(operator).filter(pk=pk).first()
        try:
            if view is None:
                raise InvalidInput(_("This view is gone: deleted, or no longer shared."))
            words = _act(request, view)
        except InvalidInput as error:
            messages.error(request, str(error))
        else:
            messages.success(request, words)
        return HttpResponseRedirect(reverse("console:contact-views"))


def _act(request: HttpRequest, view: SavedView) -> str:
    act = request.POST.get("act", "")
    acting: dict[str, Any] = {"operator": operator_of(request), "now": timezone.now()}
    if act in {"default", "no-default"}:
        chosen = view if act == "default" else None
        set_default_view(view=chosen, operator=acting["operator"])
    elif act == "delete":
        delete_view(view=view, **acting)
        return _("Deleted: %(name)s.") % {"name": view.name}
    elif act == "rename":
        change_view(view=view, name=request.POST.get("name", ""), **acting)
    elif act in {"share", "unshare"}:
        change_view(view=view, is_shared=act == "share", **acting)
    else:
        raise InvalidInput(_("This cannot be done with a view."))
    return _("Saved: %(name)s.") % {"name": view.name}


def _words(view: SavedView, operator: Any) -> str:
    """The filter in words; what this operator may not choose is left out."""
    form = ContactFilter(QueryDict(view.query), operator=operator)
    return " · ".join(chip.label for chip in form.chips())
