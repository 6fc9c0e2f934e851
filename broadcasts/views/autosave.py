"""The composer saves what is typed by itself (自动保存), and lets it be thrown away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from broadcasts.models import Broadcast
from broadcasts.models.unfinished import UnfinishedBroadcast
from broadcasts.services import unfinished
from broadcasts.views.asked import broadcast_of
from scrm.console.fields import row_number
from scrm.console.models import Operator
from scrm.console.views import ConsoleAction, operator_of
from scrm.errors import ScrmError

# What is kept of a form; everything else in the request is not the operator's text.
FIELDS = (
    "kind",
    "name",
    "benefit",
    "segment",
    "group_segment",
    "without",
    "senders",
    "text",
    "attachment_title",
    "attachment_url",
    "attachment_desc",
    "attachment_picurl",
    "attachment_material",
    "share_a",
    "variant_share",
    "variant_text",
    "variant_title",
    "variant_url",
    "variant_desc",
    "variant_picurl",
    "variant_material",
    "topic",
    "priority",
    "reminder_plan",
    "touch_class",
    "holdout_percent",
    "window_start",
    "window_end",
    "base",
)


def key_of(data: QueryDict) -> UUID | None:
    """The key that a page has written into its form or address; None for what is none."""
    try:
        return UUID(data.get("draft", ""))
    except ValueError:
        return None


def version_of(data: QueryDict) -> int:
    return row_number(data.get("draft_version", "")) or 0


def as_typed(row: UnfinishedBroadcast) -> QueryDict:
    """The kept fields as the form's data."""
    data = QueryDict(mutable=True)
    for name, values in row.values.items():
        data.setlist(name, values)
    return data


def own_unfinished(operator: Operator) -> QuerySet[UnfinishedBroadcast]:
    """New broadcasts this operator has not finished writing, the last touched first."""
    rows = UnfinishedBroadcast.objects.filter(broadcast=None, saved_by=operator)
    return rows.order_by("-saved_at", "-pk")


class Autosave(ConsoleAction):
    """Keeps a new broadcast's text; answers with the version to name the next time, or with why
    it was refused."""

    permission = "broadcasts.add_broadcast"

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        broadcast = self.broadcast(request, **kwargs)
        key, version = key_of(request.POST), version_of(request.POST)
        if key is None:
            return JsonResponse({"refused": _("This page cannot be saved; load it again.")})
        values = {name: request.POST.getlist(name) for name in FIELDS if name in request.POST}
        try:
            row = unfinished.keep(
                key=key,
                version=version,
                values=values,
                operator=operator_of(request),
                now=timezone.now(),
                broadcast=broadcast,
            )
        except ScrmError as error:
            # A refusal is an answer the page expects, no failure of the request.
            return JsonResponse({"refused": str(error)})
        at = time_format(timezone.localtime(row.saved_at), "H:i:s")
        return JsonResponse(
            {
                "version": row.version,
                "words": _("Saved by itself at %(at)s") % {"at": at},
                "address": self.address(row),
            }
        )

    def broadcast(self, request: HttpRequest, **kwargs: Any) -> Broadcast | None:
        return None

    def address(self, row: UnfinishedBroadcast) -> str:
        return f"{reverse('console:broadcast-new')}?draft={row.key}"


class EditAutosave(Autosave):
    """The same for a draft that is being changed; the draft itself stays as it is."""

    permission = "broadcasts.change_broadcast"

    def broadcast(self, request: HttpRequest, **kwargs: Any) -> Broadcast | None:
        return broadcast_of(request, kwargs["pk"])

    def address(self, row: UnfinishedBroadcast) -> str:
        return reverse("console:broadcast-edit", args=[row.broadcast_id])


class Discard(ConsoleAction):
    """Throws away what was typed into a new broadcast."""

    permission = "broadcasts.add_broadcast"

    def post(self, request: HttpRequest) -> HttpResponseBase:
        key = key_of(request.POST)
        own = own_unfinished(operator_of(request))
        for row in own.filter(key=key) if key is not None else ():
            unfinished.discard(row=row)
            messages.success(request, _("The unfinished text is thrown away."))
        return redirect("console:broadcast-list")


class DiscardEdit(ConsoleAction):
    """Throws away what was typed into a draft; it stands again as it was saved."""

    permission = "broadcasts.change_broadcast"

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        broadcast = broadcast_of(request, pk)
        for row in UnfinishedBroadcast.objects.filter(broadcast=broadcast):
            unfinished.discard(row=row)
        messages.success(request, _("The draft stands as it was saved last."))
        return redirect("console:broadcast-edit", pk=pk)
