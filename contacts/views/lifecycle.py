"""The pages of the lifecycle (生命周期): its thresholds, the flow between stages, the log."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contacts.models import Contact, Stage
from contacts.rules.lifecycle import Reason, Thresholds
from contacts.selectors import stage_datasets, stage_flow
from contacts.selectors.lifecycle import WORDS, lifecycle_settings, reason_words
from contacts.selectors.stage_log import NEWEST_FIRST, MovesWanted, matching_moves, visible_moves
from contacts.selectors.visibility import visible_contacts
from contacts.services.lifecycle import ENOUGH_GAPS, release_thresholds, set_thresholds
from scrm.audit.services import record_act
from scrm.console.downloads import DatasetDownload, Datasets
from scrm.console.export import csv_response
from scrm.console.fields import DayField
from scrm.console.paging import counted, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import InvalidInput

MAY_LOOK = "contacts.view_lifecycletransition"
MAY_SET = "contacts.change_lifecyclesettings"
_WEEKS = (4, 12, 26, 52)
_DEFAULT_WEEKS = 12
_MOST_DAYS = 3650


class ThresholdForm(forms.Form):
    silent = forms.IntegerField(
        label=gettext_lazy("Silent after (days)"), min_value=1, max_value=_MOST_DAYS
    )
    lost = forms.IntegerField(
        label=gettext_lazy("Lost after (days)"), min_value=2, max_value=_MOST_DAYS
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("silent", 0) >= cleaned.get("lost", _MOST_DAYS + 1):
            self.add_error("lost", _("“Lost” must come later than “silent”."))
        return cleaned


class LifecyclePage(ConsolePage):
    """Where customers stand, how they move, and from when on they count as silent or lost."""

    template_name = "contacts/lifecycle.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Lifecycle")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, now = operator_of(self.request), timezone.now()
        settings = lifecycle_settings()
        asked = self.request.GET
        may_set = operator.has_perm(MAY_SET)
        is_trial = may_set and "silent" in asked
        form = ThresholdForm(asked if is_trial else None, initial=_in_force(settings))
        visible = _visible(self.request)
        weeks = _weeks_asked(self.request)
        flow = stage_flow.weekly_flow(visible, now=now, weeks=weeks)
        return super().get_context_data(
            settings=settings,
            enough=ENOUGH_GAPS,
            standings=stage_flow.standings(visible),
            form=form,
            preview=_preview(form) if form.is_bound and form.is_valid() else None,
            gap_curve=stage_datasets.gap_curve(settings),
            streams=stage_datasets.streams(flow),
            weekly=stage_datasets.weekly(flow),
            weeks=weeks,
            weeks_text=str(weeks),
            week_choices=_WEEKS,
            may_set=may_set,
            **kwargs,
        )


class SetThresholds(ConsoleAction):
    """Put thresholds in force by hand, or let the orders teach them again."""

    permission = MAY_SET

    def post(self, request: HttpRequest) -> HttpResponse:
        operator, now = operator_of(request), timezone.now()
        if "release" in request.POST:
            release_thresholds(operator=operator, now=now)
            messages.success(request, _("The thresholds are learned from your orders again."))
            return redirect("console:lifecycle")
        form = ThresholdForm(request.POST)
        if not form.is_valid():
            messages.error(request, " ".join(str(e) for row in form.errors.values() for e in row))
            return redirect("console:lifecycle")
        try:
            set_thresholds(
                silent_after_days=form.cleaned_data["silent"],
                lost_after_days=form.cleaned_data["lost"],
                operator=operator,
                now=now,
            )
        except InvalidInput as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The thresholds are in force, and every stage follows."))
        return redirect("console:lifecycle")


class MoveFilter(forms.Form):
    from_stage = forms.ChoiceField(
        label=gettext_lazy("From"), required=False, choices=[("", "–"), *Stage.choices]
    )
    to_stage = forms.ChoiceField(
        label=gettext_lazy("To"), required=False, choices=[("", "–"), *Stage.choices]
    )
    reason = forms.ChoiceField(label=gettext_lazy("Reason"), required=False)
    at_from = DayField(label=gettext_lazy("From day"))
    at_to = DayField(label=gettext_lazy("To day"))
    contact_id = forms.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        reason = self.fields["reason"]
        if isinstance(reason, forms.ChoiceField):
            reason.choices = [("", "–"), *((code.value, _(WORDS[code])) for code in Reason)]

    def wanted(self) -> MovesWanted:
        self.is_valid()
        asked = {f.name: self.cleaned_data.get(f.name) for f in dataclasses.fields(MovesWanted)}
        return MovesWanted(**{name: value for name, value in asked.items() if value})


class MoveLog(ConsolePage):
    """Every change of stage with its reason, newest first (流转记录)."""

    template_name = "contacts/stage_log.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Stage changes")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = MoveFilter(self.request.GET)
        wanted = form.wanted()
        found = matching_moves(visible_moves(operator_of(self.request)), wanted)
        page = window(
            found.select_related("contact"),
            sort=NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s stage changes") % {"number": counted(found)},
        )
        return super().get_context_data(
            form=form,
            window=page,
            rows=[(move, reason_words(move.reason)) for move in page.rows],
            is_filtered=wanted != MovesWanted(),
            of_contact=_contact_asked(self.request, wanted),
            may_export=operator_of(self.request).has_perm("contacts.export_contact"),
            **kwargs,
        )


class ExportMoves(ConsoleAction):
    """The stage changes that fit, as CSV; a POST, as it writes a line of the operation log."""

    permission = "contacts.export_contact"

    def post(self, request: HttpRequest) -> StreamingHttpResponse:
        operator = operator_of(request)
        found = matching_moves(visible_moves(operator), MoveFilter(request.GET).wanted())
        record_act(
            action="lifecycle.export",
            operator=operator,
            now=timezone.now(),
            details={"filter": request.GET.dict()},
        )
        header = [_("At"), _("Customer"), "external_userid", _("From"), _("To"), _("Reason")]
        return csv_response("stage-changes.csv", header, _lines(found))


def _lines(found: Any) -> Iterator[list[Any]]:
    moves = found.select_related("contact").order_by("-at", "-pk").iterator(chunk_size=1000)
    for move in moves:
        yield [
            timezone.localtime(move.at).strftime("%Y-%m-%d %H:%M:%S"),
            move.contact.name,
            move.contact.external_userid,
            stage_flow.stage_label(move.from_stage),
            stage_flow.stage_label(move.to_stage),
            reason_words(move.reason),
        ]


def _visible(request: HttpRequest) -> stage_flow.Visible:
    operator = operator_of(request)
    return None if operator.sees_everything else visible_contacts(operator)


def _contact_asked(request: HttpRequest, wanted: MovesWanted) -> Contact | None:
    if wanted.contact_id is None:
        return None
    return visible_contacts(operator_of(request)).filter(pk=wanted.contact_id).first()


def _weeks_asked(request: HttpRequest) -> int:
    text = request.GET.get("weeks", "")
    return int(text) if text in {str(weeks) for weeks in _WEEKS} else _DEFAULT_WEEKS


def _in_force(settings: Any) -> dict[str, int]:
    return {"silent": settings.silent_after_days, "lost": settings.lost_after_days}


def _preview(form: ThresholdForm) -> dict[str, Any]:
    limits = Thresholds(form.cleaned_data["silent"], form.cleaned_data["lost"])
    found = stage_flow.stage_changes_under(limits, now=timezone.now())
    total = sum(found.values())
    return {
        "limits": limits,
        "words": ngettext(
            "%(number)s customer would change stage",
            "%(number)s customers would change stage",
            total,
        )
        % {"number": f"{total:,}"},
        "moves": [
            (stage_flow.stage_label(before), stage_flow.stage_label(after), how_many)
            for (before, after), how_many in found.items()
        ],
    }


def _flow(request: HttpRequest) -> list[stage_flow.Week]:
    return stage_flow.weekly_flow(
        _visible(request), now=timezone.now(), weeks=_weeks_asked(request)
    )


class DownloadFlow(DatasetDownload):
    permission = MAY_LOOK
    datasets: ClassVar[Datasets] = {
        "gap-curve": lambda _request: stage_datasets.gap_curve(lifecycle_settings()),
        "stage-streams": lambda request: stage_datasets.streams(_flow(request)),
        "stage-weeks": lambda request: stage_datasets.weekly(_flow(request)),
    }
