"""The list of broadcasts (群发列表)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcasts.models import Broadcast
from broadcasts.selectors.progress import visible_broadcasts
from broadcasts.views.autosave import own_unfinished
from scrm.console.fields import DayField, without_nul
from scrm.console.models import Operator
from scrm.console.paging import Sort, counted, window
from scrm.console.views import ConsolePage, operator_of
from scrm.segments.days import start_of, start_of_next

NEWEST_FIRST = Sort("created_at")
ANY = [("", "–")]


class BroadcastFilter(forms.Form):
    """What an operator may look for; a value that makes no sense narrows nothing."""

    name = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=64)
    kind = forms.ChoiceField(
        label=gettext_lazy("To whom"),
        required=False,
        choices=[*ANY, *Broadcast.Kind.choices],
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[*ANY, *Broadcast.State.choices],
    )
    origin = forms.ChoiceField(
        label=gettext_lazy("Made by"),
        required=False,
        choices=[*ANY, *Broadcast.Origin.choices],
    )
    author = forms.ModelChoiceField(
        label=gettext_lazy("Author"),
        queryset=Operator.objects.none(),
        required=False,
        empty_label="–",
    )
    since = DayField(label=gettext_lazy("Written from"))
    until = DayField(label=gettext_lazy("Written until"))

    def __init__(self, data: Any, *, operator: Operator) -> None:
        super().__init__(data)
        author = self.fields["author"]
        if isinstance(author, forms.ModelChoiceField):
            authors = visible_broadcasts(operator).order_by().values("created_by")
            author.queryset = Operator.objects.filter(pk__in=authors).order_by("username")

    def narrowed(self, rows: QuerySet[Broadcast]) -> QuerySet[Broadcast]:
        self.is_valid()
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        bounds = {
            "name__icontains": without_nul(asked.get("name", "")) or None,
            "kind": asked.get("kind"),
            "state": asked.get("state"),
            "origin": asked.get("origin"),
            "created_by": asked.get("author"),
            "created_at__gte": asked.get("since") and start_of(asked["since"]),
            "created_at__lt": asked.get("until") and start_of_next(asked["until"]),
        }
        return rows.filter(**{name: bound for name, bound in bounds.items() if bound is not None})


class BroadcastListPage(ConsolePage):
    """Search and filters, newest first, with the texts this operator has not finished on top."""

    template_name = "broadcasts/broadcast_list.html"
    permission = "broadcasts.view_broadcast"
    page_title = gettext_lazy("Broadcasts")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        form = BroadcastFilter(self.request.GET, operator=operator)
        found = form.narrowed(visible_broadcasts(operator))
        may_write = operator.has_perm("broadcasts.add_broadcast")
        return super().get_context_data(
            form=form,
            is_filtered=any(form.cleaned_data.values()),
            may_write=may_write,
            unfinished=own_unfinished(operator) if may_write else (),
            window=window(
                found,
                sort=NEWEST_FIRST,
                cursor=self.request.GET.get("after", ""),
                count_words=_("%(number)s broadcasts") % {"number": counted(found)},
            ),
            **kwargs,
        )
