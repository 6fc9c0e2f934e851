"""Write a broadcast (新建群发), with the phone beside it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcasts.models import Broadcast
from broadcasts.services import compose
from broadcasts.views.asked import broadcast_of
from broadcasts.views.broadcast_form import BroadcastForm, starting_values, values_of
from contacts.selectors.audiences import preview
from contacts.selectors.segments import live_segments
from scrm.console.fields import row_number
from scrm.console.views import ConsolePage, operator_of
from scrm.errors import ScrmError


class Composer(ConsolePage):
    """A new broadcast. Saving leads to its dry run."""

    template_name = "broadcasts/broadcast_form.html"
    permission = "broadcasts.add_broadcast"
    page_title = gettext_lazy("New broadcast")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        if "form" not in kwargs:
            chosen = {"segment": self.request.GET.get("segment", "")}
            kwargs["form"] = BroadcastForm(initial={**starting_values(now), **chosen}, now=now)
        return super().get_context_data(
            text_bytes=compose.TEXT_BYTES, has_segments=live_segments().exists(), **kwargs
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        now = timezone.now()
        form = BroadcastForm(request.POST, now=now)
        if form.is_valid():
            try:
                broadcast = self.save(form, now=now)
            except ScrmError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("Saved. This is what would happen:"))
                return redirect("console:broadcast-dry-run", pk=broadcast.pk)
        return self.render_to_response(self.get_context_data(form=form, **kwargs), status=422)

    def save(self, form: BroadcastForm, *, now: Any) -> Broadcast:
        return compose.create_draft(draft=form.draft(), operator=operator_of(self.request), now=now)


class Editor(Composer):
    """A draft again. What is scheduled or further cannot be changed, only copied."""

    permission = "broadcasts.change_broadcast"
    page_title = gettext_lazy("Change the broadcast")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        broadcast = broadcast_of(request, kwargs["pk"])
        if broadcast.state != Broadcast.State.DRAFT:
            messages.warning(request, _("Only a draft can be changed. Copy the broadcast instead."))
            return redirect("console:broadcast", pk=broadcast.pk)
        form = BroadcastForm(initial=values_of(broadcast), now=timezone.now())
        return self.render_to_response(self.get_context_data(form=form, broadcast=broadcast))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        broadcast_of(request, kwargs["pk"])  # a 404 comes before any word on the form
        return super().post(request, **kwargs)

    def save(self, form: BroadcastForm, *, now: Any) -> Broadcast:
        return compose.update_draft(
            broadcast=broadcast_of(self.request, self.kwargs["pk"]),
            draft=form.draft(),
            operator=operator_of(self.request),
            now=now,
        )


class SegmentSize(ConsolePage):
    """The words and the live size of a segment, as a piece of the composer."""

    template_name = "broadcasts/segment_size.html"
    permission = "broadcasts.add_broadcast"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = row_number(request.GET.get("segment", ""))
        segment = live_segments().filter(pk=chosen).first() if chosen is not None else None
        shown = None
        if segment is not None:
            shown = preview(segment.rule, operator_of(request), timezone.now())
        return render(
            request,
            self.template_name,
            {"segment": segment, "preview": shown, "list_url": reverse("console:broadcast-list")},
        )
