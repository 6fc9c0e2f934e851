"""The base of every own page of the console, and the home page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from scrm.console.cards import Asked, Place, cards
from scrm.console.models import Operator
from scrm.console.shared_state import state_of
from scrm.errors import ScrmError


def operator_of(request: HttpRequest) -> Operator:
    """The logged-in operator; only for views behind a log-in."""
    if not isinstance(request.user, Operator):
        raise TypeError("this view needs a logged-in operator")
    return request.user


class Guarded(LoginRequiredMixin, PermissionRequiredMixin):
    """Behind the log-in, and behind `permission` when it is named.

    Without the permission a logged-in operator gets 403, everybody else the log-in page.
    """

    request: HttpRequest
    permission: str = ""

    def get_permission_required(self) -> tuple[str, ...]:
        return (self.permission,) if self.permission else ()

    def handle_no_permission(self) -> Any:
        self.raise_exception = self.request.user.is_authenticated
        return super().handle_no_permission()


class ConsolePage(Guarded, TemplateView):
    """A page inside the console's shell; its template extends `console/page.html`.

    A page of figures can be shared in the state it is seen in, unless `is_shareable` is False.
    """

    page_title: str | Promise = ""
    is_shareable = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shared = {"share": state_of(self.request, self.permission) if self.is_shareable else None}
        return super().get_context_data(
            **admin.site.each_context(self.request),
            **{"title": self.page_title, **shared, **kwargs},
        )


class ConsoleAction(Guarded, View):
    """An operator's act: a POST that does one thing and leads back to a page."""

    http_method_names = ["post"]

    def acting(self) -> dict[str, Any]:
        """Who does it and when, as services ask for it."""
        return {"operator": operator_of(self.request), "now": timezone.now()}


class RowAction(ConsoleAction):
    """One act on the row of the address, then back to its page with a word on how it went.

    What is refused (`ScrmError`) changes nothing and becomes the word.
    """

    page = ""

    def row(self, request: HttpRequest, pk: int) -> Any:
        """The row, if the operator may see it; else `Http404`."""
        raise NotImplementedError

    def act(self, request: HttpRequest, row: Any, /) -> HttpResponseBase | None:
        """Do it; another way back when it is not the row's page."""
        raise NotImplementedError

    def back(self, row: Any) -> HttpResponseBase:
        return redirect(self.page, pk=row.pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        row = self.row(request, pk)
        try:
            answer = self.act(request, row)
        except ScrmError as error:
            messages.error(request, str(error))
            answer = None
        return answer or self.back(row)


class HomePage(ConsolePage):
    """The first page after log-in (首页): cards in the order of what matters, LTV first."""

    template_name = "console/home.html"
    page_title = gettext_lazy("Home")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        asked = Asked(operator=operator, now=timezone.now())
        return super().get_context_data(cards=shown_cards(Place.HOME, asked), **kwargs)


def shown_cards(place: Place, asked: Asked) -> list[dict[str, Any]]:
    """The cards of a place with their data; a card that has nothing to say is left out."""
    filled = ((card, card.data(asked)) for card in cards(place, asked.operator))
    return [{"card": card, "data": data} for card, data in filled if data is not None]
