"""Hints on content (内容检查): the words they go by, and the answer while somebody types."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from broadcasts.models.content_settings import usual_words
from broadcasts.policy.message_limits import TEXT_BYTES
from broadcasts.selectors.content_lint import content_settings, in_words, look_at
from broadcasts.services.content_settings import update_forbidden_words
from broadcasts.views.material_list import MAY_LOOK
from scrm.console.fields import row_number
from scrm.console.views import ConsolePage, Guarded, operator_of
from scrm.errors import InvalidInput

MAY_CHANGE = "broadcasts.change_contentsettings"
_MOST_LINKS = 100


class WordsForm(forms.Form):
    forbidden_words = forms.CharField(
        label=gettext_lazy("Forbidden words"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 16}),
        help_text=gettext_lazy("One in a line, or with spaces or commas between them."),
    )

    def words(self) -> list[str]:
        text: str = self.cleaned_data["forbidden_words"]
        for separator in "，、,;；":
            text = text.replace(separator, " ")
        return text.split()


class ContentWordsPage(ConsolePage):
    template_name = "broadcasts/content_words.html"
    permission = "broadcasts.view_contentsettings"
    page_title = gettext_lazy("Forbidden words")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = content_settings()
        if "form" not in kwargs:
            initial = {"forbidden_words": "\n".join(row.forbidden_words)}
            kwargs["form"] = WordsForm(initial=initial)
        may_change = operator_of(self.request).has_perm(MAY_CHANGE)
        kwargs["form"].fields["forbidden_words"].disabled = not may_change
        return super().get_context_data(row=row, may_change=may_change, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        operator = operator_of(request)
        if not operator.has_perm(MAY_CHANGE):
            raise PermissionDenied
        form = WordsForm(request.POST)
        if form.is_valid():
            words = usual_words() if "reset" in request.POST else form.words()
            try:
                update_forbidden_words(words=words, operator=operator, now=timezone.now())
            except InvalidInput as error:
                form.add_error(error.field, str(error))
            else:
                messages.success(request, _("Saved. Hints go by these words from now on."))
                return redirect("console:content-words")
        return self.render_to_response(self.get_context_data(form=form), status=422)


class LintText(Guarded, View):
    """The hints on a text, as JSON; nothing is kept."""

    permission = MAY_LOOK
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        text = request.POST.get("text", "")[:TEXT_BYTES]
        links = min(row_number(request.POST.get("links", "")) or 0, _MOST_LINKS)
        return JsonResponse(in_words(look_at(text, links=links)))
