"""Console pages of the callback log (回调日志)."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from scrm.audit.services import record_act
from scrm.console.fields import DayField, row_number
from scrm.console.paging import Sort, counted, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.wecom.callback import inbox
from scrm.wecom.models import CallbackEvent
from scrm.wecom.selectors import (
    EVENT_GROUPS,
    EVENT_WORDS,
    CallbacksWanted,
    backlog,
    callbacks,
    error_advice,
    error_words,
    event_words,
    masked_body,
)

NEWEST_FIRST = Sort("received_at")
MAY_REPLAY = "wecom.change_callbackevent"
# More than this at once is an incident to look into, not a button to press.
REPLAY_LIMIT = 10_000
# Bodies have no index: without a day to begin at, only the last ones are searched.
TEXT_DAYS = timedelta(days=7)


def _event_choices() -> list[Any]:
    """Every event we know in words, under its name at WeCom; that name alone asks for all of it."""
    choices: list[Any] = [("", "–")]
    for group, pairs in groupby(EVENT_WORDS.items(), key=lambda item: EVENT_GROUPS[item[0][0]]):
        found = [(pair, words) for pair, words in pairs]
        events = dict.fromkeys(event for (event, change), _words in found if change)
        alone = [(event, event) for event in events]
        choices.append((group, [*alone, *(("/".join(p).rstrip("/"), w) for p, w in found)]))
    return choices


class CallbackFilter(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", "–"), *CallbackEvent.State.choices],
    )
    event = forms.ChoiceField(
        label=gettext_lazy("Event"),
        required=False,
        choices=_event_choices,
    )
    subject = forms.CharField(label=gettext_lazy("Subject"), required=False, max_length=128)
    received_from = DayField(label=gettext_lazy("Received from"))
    received_to = DayField(label=gettext_lazy("Received until"))
    text = forms.CharField(label=gettext_lazy("Text of the message"), required=False, max_length=64)

    def wanted(self) -> CallbacksWanted:
        self.is_valid()
        names = [field.name for field in dataclasses.fields(CallbacksWanted)]
        asked = {name: self.cleaned_data.get(name) for name in names}
        if asked["text"] and not asked["received_from"]:
            asked["received_from"] = timezone.localdate() - TEXT_DAYS
        return CallbacksWanted(**{name: value for name, value in asked.items() if value})


class CallbackListPage(ConsolePage):
    """Every event WeCom told us, newest first, and how the inbox stands."""

    template_name = "console/callbacks.html"
    permission = "wecom.view_callbackevent"
    page_title = gettext_lazy("Callback log")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = CallbackFilter(self.request.GET)
        found = callbacks(form.wanted())
        number = counted(found)
        page = window(
            found,
            sort=NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s events") % {"number": number},
        )
        return super().get_context_data(
            form=form,
            window=page,
            number=number,
            replay_limit=REPLAY_LIMIT,
            backlog=backlog(now=timezone.now()),
            rows=[(event, event_words(event), error_words(event)) for event in page.rows],
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
            error=error_words(event),
            advice=error_advice(event),
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
    """Handle once more the events that were ticked, or all that the filter of the list shows."""

    permission = MAY_REPLAY

    def post(self, request: HttpRequest) -> HttpResponse:
        back = f"{request.path_info.removesuffix('replay/')}?{request.GET.urlencode()}"
        if "all" in request.POST:
            found = callbacks(CallbackFilter(request.GET).wanted()).order_by("pk")
            ids = list(found.values_list("pk", flat=True)[:REPLAY_LIMIT])
        else:
            ticked = [row_number(text) for text in request.POST.getlist("ids")]
            ids = [number for number in ticked if number is not None]
            if not ids:
                messages.warning(request, _("Tick the events to be handled again first."))
                return redirect(back)
        _replay(request, ids)
        return redirect(back)


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
