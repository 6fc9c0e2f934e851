"""Tracked links (雷达链接): the list, one link with its clicks, and a form for a new one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcasts.models import TrackedLink
from broadcasts.selectors.links import can_track, figures_of, short_address, visible_clicks
from broadcasts.services.links import create_link
from scrm.console.fields import without_nul
from scrm.console.paging import Sort, counted, window
from scrm.console.views import ConsolePage, operator_of
from scrm.errors import InvalidInput

MAY_LOOK, MAY_ADD = "broadcasts.view_trackedlink", "broadcasts.add_trackedlink"
_NEWEST_FIRST, _LATEST_FIRST = Sort("created_at"), Sort("at")


class LinkFilter(forms.Form):
    text = forms.CharField(label=gettext_lazy("Title or address"), required=False, max_length=64)
    of = forms.ChoiceField(
        label=gettext_lazy("Belongs to"),
        required=False,
        choices=[
            ("", "–"),
            ("broadcast", gettext_lazy("a broadcast")),
            ("material", gettext_lazy("a material")),
            ("nothing", gettext_lazy("nothing, made here")),
        ],
    )

    def narrowed(self) -> Any:
        self.is_valid()
        rows = TrackedLink.objects.select_related("broadcast", "material")
        text = without_nul(self.cleaned_data.get("text", ""))
        if text:
            rows = rows.filter(Q(title__icontains=text) | Q(target__icontains=text) | Q(code=text))
        match self.cleaned_data.get("of"):
            case "broadcast":
                rows = rows.filter(broadcast__isnull=False)
            case "material":
                rows = rows.filter(broadcast=None, material__isnull=False)
            case "nothing":
                rows = rows.filter(broadcast=None, material=None)
        return rows


class LinkForm(forms.Form):
    """Fields only; the service knows what is right."""

    title = forms.CharField(label=gettext_lazy("Title"), required=False)
    target = forms.CharField(
        label=gettext_lazy("Where it leads"),
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        required=False,
    )


class LinkListPage(ConsolePage):
    template_name = "broadcasts/link_list.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Tracked links")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        filters = LinkFilter(self.request.GET)
        found = filters.narrowed()
        page = window(
            found,
            sort=_NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s links") % {"number": counted(found)},
        )
        figures = figures_of(page.rows)
        return super().get_context_data(
            form=filters,
            is_filtered=any(filters.cleaned_data.values()),
            window=page,
            links=[(link, figures.get(link.pk), short_address(link.code)) for link in page.rows],
            can_track=can_track(),
            may_add=operator_of(self.request).has_perm(MAY_ADD),
            **{"new": LinkForm(), **kwargs},
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        operator = operator_of(request)
        if not operator.has_perm(MAY_ADD):
            raise PermissionDenied
        form = LinkForm(request.POST)
        if form.is_valid():
            try:
                link = create_link(**form.cleaned_data, operator=operator, now=timezone.now())
            except InvalidInput as error:
                form.add_error(error.field, str(error))
            else:
                messages.success(request, _("The link is made. Copy it into any message."))
                return redirect("console:link", pk=link.pk)
        return self.render_to_response(self.get_context_data(new=form), status=422)


class LinkPage(ConsolePage):
    template_name = "broadcasts/link.html"
    permission = MAY_LOOK

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        link = get_object_or_404(
            TrackedLink.objects.select_related("broadcast", "material", "created_by"),
            pk=self.kwargs["pk"],
        )
        return super().get_context_data(
            title=str(link),
            link=link,
            address=short_address(link.code),
            can_track=can_track(),
            figures=figures_of([link]).get(link.pk),
            window=window(
                visible_clicks(link, operator_of(self.request)),
                sort=_LATEST_FIRST,
                cursor=self.request.GET.get("after", ""),
            ),
            **kwargs,
        )
