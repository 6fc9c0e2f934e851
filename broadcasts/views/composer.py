"""Write a broadcast (新建群发), with the phone beside it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcasts.models import Broadcast
from broadcasts.models.unfinished import UnfinishedBroadcast
from broadcasts.policy.variables import OF_STAFF
from broadcasts.selectors.audience_size import AudienceSize, customers_in, groups_in
from broadcasts.services import compose, unfinished
from broadcasts.views.asked import broadcast_of
from broadcasts.views.autosave import as_typed, key_of, own_unfinished, version_of
from broadcasts.views.broadcast_form import (
    MOST_ATTACHMENTS,
    BroadcastForm,
    starting_values,
    stored_rows,
    values_of,
)
from broadcasts.views.message_rows import LETTERS, AttachmentRow, VariantRow, attachable
from contacts.selectors.segments import live_segments
from groups.selectors.audiences import live_segments as live_group_segments
from scrm.console.fields import row_number
from scrm.console.views import ConsolePage, operator_of
from scrm.errors import ScrmError

# What the button for one more row of each kind says without a script.
MORE = ("attachment", "variant")


class MessagePage(ConsolePage):
    """The page on which a message is written, once or as a plan."""

    template_name = "broadcasts/composer.html"

    def asks_for_more(self) -> bool:
        """Without a script, the buttons for one more row send the form."""
        return self.request.POST.get("more") in MORE

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form, more = kwargs["form"], self.request.POST.get("more", "")
        return super().get_context_data(
            text_bytes=compose.TEXT_BYTES,
            has_segments=live_segments().exists() or live_group_segments().exists(),
            attachments=_padded(form.attachment_rows, is_more=more == "attachment"),
            variants=_lettered(form.variant_rows, is_more=more == "variant"),
            materials=attachable(form.attachment_rows, form.variant_rows),
            variables=[f"{{{one.names[0]}}}" for one in OF_STAFF],
            base=form["base"].value() or "",
            blank_attachment=AttachmentRow(),
            blank_variant=VariantRow(),
            most_attachments=MOST_ATTACHMENTS,
            most_variants=len(LETTERS) - 1,
            **kwargs,
        )


class Composer(MessagePage):
    """A new broadcast. Saving leads to its dry run."""

    permission = "broadcasts.add_broadcast"
    page_title = gettext_lazy("New broadcast")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        row = self.unfinished(**kwargs)
        if row is not None:
            form = self.form(as_typed(row), is_unfinished=True)
        else:
            form = self.fresh_form(**kwargs)
        return self.render_to_response(self.get_context_data(form=form, unfinished=row, **kwargs))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if self.asks_for_more():
            form = self.form(request.POST, is_unfinished=True)
            return self.render_to_response(self.get_context_data(form=form, **kwargs))
        form = self.form(request.POST)
        if form.is_valid():
            try:
                broadcast = self._saved(form)
            except ScrmError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("Saved. This is what would happen:"))
                return redirect("console:broadcast-dry-run", pk=broadcast.pk)
        return self.render_to_response(self.get_context_data(form=form, **kwargs), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row, typed = kwargs.get("unfinished"), self.request.POST
        return super().get_context_data(
            draft_key=row.key if row else key_of(typed) or uuid4(),
            draft_version=row.version if row else version_of(typed),
            **self.addresses(),
            **kwargs,
        )

    def form(self, data: Any = None, **options: Any) -> BroadcastForm:
        return BroadcastForm(
            data, operator=operator_of(self.request), now=timezone.now(), **options
        )

    def fresh_form(self, **_kwargs: Any) -> BroadcastForm:
        chosen = {
            name: number
            for name in ("segment", "group_segment")
            if (number := row_number(self.request.GET.get(name, ""))) is not None
        }
        kind = Broadcast.Kind.GROUP if "group_segment" in chosen else Broadcast.Kind.PRIVATE
        return self.form(initial={**starting_values(timezone.now(), kind=kind), **chosen})

    def unfinished(self, **_kwargs: Any) -> UnfinishedBroadcast | None:
        key = key_of(self.request.GET)
        return own_unfinished(operator_of(self.request)).filter(key=key).first() if key else None

    def addresses(self) -> dict[str, str]:
        """Where the page saves by itself, and where what was typed is thrown away."""
        return {
            "autosave_url": reverse("console:broadcast-autosave"),
            "discard_url": reverse("console:broadcast-discard"),
        }

    def save(self, form: BroadcastForm) -> Broadcast:
        return compose.create_draft(
            draft=form.draft(), operator=operator_of(self.request), now=timezone.now()
        )

    def _saved(self, form: BroadcastForm) -> Broadcast:
        """The broadcast; what was kept while it was typed has done its work and goes."""
        with transaction.atomic():
            broadcast = self.save(form)
            key = key_of(self.request.POST)
            if key is not None:
                unfinished.clear(key=key, version=version_of(self.request.POST))
        return broadcast


class Editor(Composer):
    """A draft again. What is scheduled or further cannot be changed, only copied."""

    permission = "broadcasts.change_broadcast"
    page_title = gettext_lazy("Change the broadcast")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        broadcast = broadcast_of(request, kwargs["pk"])
        if broadcast.state != Broadcast.State.DRAFT:
            messages.warning(request, _("Only a draft can be changed. Copy the broadcast instead."))
            return redirect("console:broadcast", pk=broadcast.pk)
        return super().get(request, *args, broadcast=broadcast, **kwargs)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        # A 404 comes before any word on the form.
        broadcast = broadcast_of(request, kwargs["pk"])
        return super().post(request, broadcast=broadcast, **kwargs)

    def fresh_form(self, **kwargs: Any) -> BroadcastForm:
        broadcast = kwargs["broadcast"]
        base = {"base": unfinished.fingerprint(broadcast)}
        return self.form(initial={**values_of(broadcast), **base}, **stored_rows(broadcast))

    def unfinished(self, **kwargs: Any) -> UnfinishedBroadcast | None:
        return UnfinishedBroadcast.objects.filter(broadcast=kwargs["broadcast"]).first()

    def addresses(self) -> dict[str, str]:
        pk = self.kwargs["pk"]
        return {
            "autosave_url": reverse("console:broadcast-edit-autosave", args=[pk]),
            "discard_url": reverse("console:broadcast-edit-discard", args=[pk]),
        }

    def save(self, form: BroadcastForm) -> Broadcast:
        broadcast = broadcast_of(self.request, self.kwargs["pk"])
        unfinished.require_unchanged(broadcast=broadcast, base=form.cleaned_data["base"])
        return compose.update_draft(
            broadcast=broadcast,
            draft=form.draft(),
            operator=operator_of(self.request),
            now=timezone.now(),
        )


class SegmentSize(ConsolePage):
    """The words and the live size of the audience, as a piece of the composer."""

    template_name = "broadcasts/segment_size.html"
    permission = "broadcasts.add_broadcast"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        is_for_groups = request.GET.get("kind") == Broadcast.Kind.GROUP
        size = self._groups() if is_for_groups else self._customers()
        return render(request, self.template_name, {"size": size, "is_for_groups": is_for_groups})

    def _customers(self) -> AudienceSize | None:
        chosen = self._numbers("segment")
        segment = live_segments().filter(pk__in=chosen).first()
        if segment is None:
            return None
        return customers_in(
            segment,
            without=list(live_segments().filter(pk__in=self._numbers("without"))),
            sender_ids=self._numbers("senders"),
            operator=operator_of(self.request),
            now=timezone.now(),
        )

    def _groups(self) -> AudienceSize | None:
        segment = live_group_segments().filter(pk__in=self._numbers("group_segment")).first()
        if segment is None:
            return None
        return groups_in(
            segment,
            sender_ids=self._numbers("senders"),
            operator=operator_of(self.request),
            now=timezone.now(),
        )

    def _numbers(self, name: str) -> list[int]:
        typed = self.request.GET.getlist(name)[:1000]
        return [number for text in typed if (number := row_number(text)) is not None]


def _padded(rows: list[AttachmentRow], *, is_more: bool) -> list[AttachmentRow]:
    """The rows with one more to fill, when there is none or one was asked for."""
    shown = rows[:MOST_ATTACHMENTS]
    if (is_more or not shown) and len(shown) < MOST_ATTACHMENTS:
        shown.append(AttachmentRow())
    return shown


def _lettered(rows: list[VariantRow], *, is_more: bool) -> list[VariantRow]:
    """Versions B to D with their letters, and one more when it was asked for."""
    shown = [row for row in rows if not row.is_empty][: len(LETTERS) - 1]
    if is_more and len(shown) < len(LETTERS) - 1:
        shown.append(VariantRow())
    return [
        VariantRow(letter, row.share, row.text, row.row)
        for letter, row in zip(LETTERS[1:], shown, strict=False)
    ]
