"""One welcome: its page, its form, and what an operator can do with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcasts.models import Welcome
from broadcasts.policy.message_limits import TEXT_BYTES
from broadcasts.policy.variables import OF_WELCOME
from broadcasts.selectors.materials import shown_in
from broadcasts.selectors.welcome_log import outcomes, visible_deliveries
from broadcasts.selectors.welcome_words import aim_words, time_words
from broadcasts.selectors.welcomes import live_welcomes, usable_media
from broadcasts.services.welcomes import (
    create_welcome,
    delete_welcome,
    stored_uses,
    switch_welcome,
    update_welcome,
)
from broadcasts.views.welcome_form import WelcomeForm, read_json, starting_values, values_of
from broadcasts.views.welcome_list import FIGURES_OVER
from scrm.console.fields import blame, without_nul
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import InvalidInput


def welcome_of(pk: int) -> Welcome:
    """Raises Http404 also for one that was deleted."""
    return get_object_or_404(live_welcomes(), pk=pk)


class WelcomePage(ConsolePage):
    template_name = "broadcasts/welcome.html"
    permission = "broadcasts.view_welcome"
    page_title = gettext_lazy("Welcome")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, now = operator_of(self.request), timezone.now()
        welcome = welcome_of(kwargs["pk"])
        sent = visible_deliveries(operator).filter(welcome=welcome)
        return super().get_context_data(
            welcome=welcome,
            aim=aim_words(welcome),
            time=time_words(welcome),
            outcomes=outcomes(sent, since=now - FIGURES_OVER),
            may_change=operator.has_perm("broadcasts.change_welcome"),
            may_delete=operator.has_perm("broadcasts.delete_welcome"),
            may_see_log=operator.has_perm("broadcasts.view_welcomedelivery"),
            ready=usable_media(welcome, now),
            chosen=shown_in(welcome.attachments),
            **_shown(values_of(welcome), welcome),
            **kwargs,
        )


class NewWelcome(ConsolePage):
    """A form with the phone beside it."""

    template_name = "broadcasts/welcome_form.html"
    permission = "broadcasts.add_welcome"
    page_title = gettext_lazy("New welcome")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        state = without_nul(self.request.GET.get("state", ""))[:64]
        form = kwargs.setdefault("form", WelcomeForm(initial=starting_values(state)))
        typed = {name: form[name].value() for name in form.fields}
        return super().get_context_data(
            text_bytes=TEXT_BYTES,
            variables=[f"{{{one.names[0]}}}" for one in OF_WELCOME],
            chosen=shown_in(read_json(str(typed["materials"] or ""))),
            **_shown(typed, kwargs.get("welcome")),
            **kwargs,
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = WelcomeForm(request.POST, request.FILES)
        return self.answer(form, None)

    def answer(self, form: WelcomeForm, welcome: Welcome | None) -> HttpResponse:
        if form.is_valid():
            try:
                saved = self.save(form, welcome, now=timezone.now())
            except InvalidInput as error:
                blame(form, error)
            else:
                messages.success(
                    self.request,
                    _("Saved. It holds for everybody who comes from now on.")
                    if saved.is_active
                    else _("Saved. It is not in force."),
                )
                return redirect("console:welcome", pk=saved.pk)
        shown = self.get_context_data(form=form, welcome=welcome)
        return self.render_to_response(shown, status=422)

    def save(self, form: WelcomeForm, welcome: Welcome | None, *, now: datetime) -> Welcome:
        return create_welcome(draft=form.draft(), operator=operator_of(self.request), now=now)


class EditWelcome(NewWelcome):
    permission = "broadcasts.change_welcome"
    page_title = gettext_lazy("Change the welcome")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        welcome = welcome_of(kwargs["pk"])
        form = WelcomeForm(initial=values_of(welcome), stored=stored_uses(welcome))
        return self.render_to_response(self.get_context_data(form=form, welcome=welcome))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        welcome = welcome_of(kwargs["pk"])
        form = WelcomeForm(request.POST, request.FILES, stored=stored_uses(welcome))
        return self.answer(form, welcome)

    def save(self, form: WelcomeForm, welcome: Welcome | None, *, now: datetime) -> Welcome:
        return update_welcome(
            welcome=welcome_of(self.kwargs["pk"]),
            draft=form.draft(),
            operator=operator_of(self.request),
            now=now,
        )


class Activate(ConsoleAction):
    permission = "broadcasts.change_welcome"

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return _switched(request, welcome_of(pk), active=True)


class Deactivate(ConsoleAction):
    permission = "broadcasts.change_welcome"

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return _switched(request, welcome_of(pk), active=False)


class Delete(ConsoleAction):
    permission = "broadcasts.delete_welcome"

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        delete_welcome(welcome=welcome_of(pk), operator=operator_of(request), now=timezone.now())
        messages.success(request, _("The welcome is deleted. Its log stays."))
        return redirect("console:welcome-list")


def _switched(request: HttpRequest, welcome: Welcome, *, active: bool) -> HttpResponseBase:
    operator = operator_of(request)
    switch_welcome(welcome=welcome, active=active, operator=operator, now=timezone.now())
    words = _("“%(name)s” is in force now.") if active else _("“%(name)s” is not chosen any more.")
    messages.success(request, words % {"name": welcome})
    return redirect("console:welcome", pk=welcome.pk)


def _shown(typed: dict[str, Any], welcome: Welcome | None) -> dict[str, Any]:
    """What the phone shows."""
    stored = welcome.pictures.all() if welcome is not None else ()
    pictures = {
        picture.use: reverse("console:media-file", args=[picture.file_id]) for picture in stored
    }
    return {"shown": typed, "pictures": pictures}
