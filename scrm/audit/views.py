"""The operation log (操作日志) as a page."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from scrm.audit.models import AuditEntry
from scrm.audit.selectors import ActsWanted, acts
from scrm.audit.words import AREAS, action_words, subject_address, subject_words
from scrm.console.fields import DayField
from scrm.console.models import Operator
from scrm.console.paging import Sort, counted, window
from scrm.console.views import ConsolePage

NEWEST_FIRST = Sort("at")


class ActFilter(forms.Form):
    operator_id = forms.TypedChoiceField(
        label=pgettext_lazy("person", "Operator"), required=False, coerce=int, empty_value=None
    )
    action = forms.ChoiceField(
        label=gettext_lazy("Area"), required=False, choices=[("", "–"), *AREAS.items()]
    )
    done_from = DayField(label=gettext_lazy("From day"))
    done_to = DayField(label=gettext_lazy("Until day"))

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        operator = self.fields["operator_id"]
        people = Operator.objects.order_by("username").values_list("pk", "username")
        if isinstance(operator, forms.ChoiceField):
            operator.choices = [("", "–"), *people]

    def wanted(self) -> ActsWanted:
        self.is_valid()
        names = [field.name for field in dataclasses.fields(ActsWanted)]
        asked = {name: self.cleaned_data.get(name) for name in names}
        return ActsWanted(**{name: value for name, value in asked.items() if value})


class OperationLogPage(ConsolePage):
    """Who did what, newest first."""

    template_name = "audit/operations.html"
    permission = "audit.view_auditentry"
    page_title = gettext_lazy("Operation log")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = ActFilter(self.request.GET)
        found = acts(form.wanted())
        page = window(
            found.select_related("operator"),
            sort=NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s operations") % {"number": counted(found)},
        )
        rows = [
            (entry, action_words(entry.action), _subject(entry), _details(entry))
            for entry in page.rows
        ]
        return super().get_context_data(form=form, window=page, rows=rows, **kwargs)


def _subject(entry: AuditEntry) -> dict[str, Any]:
    kind, number = entry.subject_kind, entry.subject_id
    return {"words": subject_words(kind), "address": subject_address(kind, number)}


def _details(entry: AuditEntry) -> str:
    return json.dumps(entry.details, ensure_ascii=False) if entry.details else ""
