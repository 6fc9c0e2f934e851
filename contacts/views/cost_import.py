"""The page on which costs of channels are imported: look first, then write."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contacts.services.cost_import import MOST_BYTES, import_costs, read_costs
from scrm.console.fields import blame
from scrm.console.views import ConsolePage, operator_of
from scrm.errors import InvalidInput

MAY_ADD_COST = "contacts.add_costentry"


class CostFileForm(forms.Form):
    """A file, or its lines as text; the file goes first."""

    file = forms.FileField(label=gettext_lazy("CSV file"), required=False)
    text = forms.CharField(
        label=gettext_lazy("or its lines"),
        required=False,
        max_length=MOST_BYTES,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        upload = cleaned.get("file")
        if upload is not None:
            if upload.size > MOST_BYTES:
                raise forms.ValidationError(_("The file is too large."))
            cleaned["text"] = _decoded(upload.read())
        if not cleaned.get("text", "").strip():
            raise forms.ValidationError(_("Choose a file or paste its lines."))
        return cleaned


def _decoded(content: bytes) -> str:
    """UTF-8, or what Excel writes in China."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", "replace")


class ImportCosts(ConsolePage):
    """Costs from a file (渠道成本导入)."""

    template_name = "contacts/channel_costs_import.html"
    permission = MAY_ADD_COST
    page_title = gettext_lazy("Import costs of channels")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", CostFileForm())
        return super().get_context_data(**kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = CostFileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        text, now = form.cleaned_data["text"], timezone.now()
        try:
            lines = read_costs(text, now=now)
            if "write" in request.POST:
                written = import_costs(text=text, operator=operator_of(request), now=now)
                words = ngettext(
                    "%(number)d cost is entered.", "%(number)d costs are entered.", written
                )
                messages.success(request, words % {"number": written})
                return redirect("console:channels")
        except InvalidInput as error:
            blame(form, error)
            return self.render_to_response(self.get_context_data(form=form))
        return self.render_to_response(
            self.get_context_data(
                form=CostFileForm(initial={"text": text}),
                lines=lines,
                faults=[line for line in lines if line.problem],
                fresh=[line for line in lines if not line.problem and not line.is_known],
                known=[line for line in lines if line.is_known],
                total_fen=sum(
                    line.amount_fen for line in lines if not line.problem and not line.is_known
                ),
            )
        )
