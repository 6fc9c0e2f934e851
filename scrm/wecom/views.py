"""Console pages of the callback log (回调日志)."""

from __future__ import annotations

import dataclasses
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from scrm.audit.services import record_act
from scrm.console.fields import DayField
from scrm.console.paging import Sort, counted, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.wecom.callback import inbox
from scrm.wecom.models import CallbackEvent
from scrm.wecom.selectors import (
    EVENT_WORDS,
    CallbacksWanted,
    callbacks,
    event_words,
    masked_body,
)

NEWEST_FIRST = Sort("received_at")
MAY_REPLAY = "wecom.change_callbackevent"
# More than this at once is an incident to look into, not a button to press.
REPLAY_LIMIT = 10_000


class CallbackFilter(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", "–"), *CallbackEvent.State.choices],
    )
    event = forms.ChoiceField(
        label=gettext_lazy("Event"),
        required=False,
        choices=[("", "–"), *(("/".join(pair), words) for pair, words in EVENT_WORDS.items())],
    )
    subject = forms.CharField(label=gettext_lazy("Subject"), required=False, max_length=128)
    received_from = DayField(label=gettext_lazy("Received from"))
    received_to = DayField(label=gettext_lazy("Received until"))

    def wanted(self) -> CallbacksWanted:
        self.is_valid()
        names = [field.name for field in dataclasses.fields(CallbacksWanted)]
        asked = {name: self.cleaned_data.get(name) for name in names}
        return CallbacksWanted(**{name: value for name, value in asked.items() if value})


class CallbackListPage(ConsolePage):
    """Every event WeCom told us, newest first."""

    template_name = "console/callbacks.html"
    permission = "wecom.view_callbackevent"
    page_title = gettext_lazy("Callback log")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = CallbackFilter(self.request.GET)
        found = callbacks(form.wanted())
        page = window(
            found,
            sort=NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s events") % {"number": counted(found)},
        )
        return super().get_context_data(
            form=form,
            window=page,
            rows=[(event, event_words(event)) for event in page.rows],
            may_replay=operator_of(self.request).has_perm(MAY_REPLAY),
            **kwargs,
        )


class CallbackPage(ConsolePage):
    """One event with its message, secrets hidden."""

    template_name = "console/callback.html"
    permission = "wecom.view_callbackevent"
    page_title = gettext_lazy("Callback event")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        event = get_object_or_404(CallbackEvent, pk=kwargs["pk"])
        return super().get_context_data(
            event=event,
            words=event_words(event),
            body=masked_body(event.body),
            may_replay=operator_of(self.request).has_perm(MAY_REPLAY),
            **kwargs,
        )


class ReplayCallback(ConsoleAction):
    """Handle one event once more."""

    permission = MAY_REPLAY

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        event = get_object_or_404(CallbackEvent, pk=pk)
        _replay(request, [event.pk])
        return redirect("console:callback", pk=pk)


class ReplayCallbacks(ConsoleAction):
    """Handle once more what the filter of the list shows, oldest first."""

    permission = MAY_REPLAY

    def post(self, request: HttpRequest) -> HttpResponse:
        found = callbacks(CallbackFilter(request.GET).wanted()).order_by("pk")
        _replay(request, list(found.values_list("pk", flat=True)[:REPLAY_LIMIT]))
        return redirect(f"{request.path_info.removesuffix('replay/')}?{request.GET.urlencode()}")


def _replay(request: HttpRequest, ids: list[int]) -> None:
    now = timezone.now()
    again = inbox.replay(ids=ids, now=now)
    record_act(
        action="callback.replay",
        operator=operator_of(request),
        now=now,
        details={"events": again, "filter": request.GET.dict()},
    )
    messages.success(
        request,
        ngettext(
            "%(number)s event will be handled again.",
            "%(number)s events will be handled again.",
            again,
        )
        % {"number": again},
    )
