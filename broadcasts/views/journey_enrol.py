"""Put a segment into a journey by hand (手动加入): count, confirm, watch."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from broadcasts.models import Journey, JourneyEnrolment, JourneyRun
from broadcasts.policy.journey_definition import GROUP
from broadcasts.selectors.journey_words import JourneyWords
from broadcasts.services.journey_enrolments import cancel_enrolment, enrol
from broadcasts.views.journey_asked import CHANGE, VIEW, journey_of
from broadcasts.views.journey_blanks import segments_of
from contacts.models import Segment
from contacts.selectors import audiences
from contacts.selectors.segments import live_segments
from groups.models import GroupSegment
from groups.selectors import audiences as group_audiences
from scrm.console.fields import row_number
from scrm.console.models import Operator
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import ScrmError
from scrm.segments.parse import RuleError

_OPEN = (JourneyEnrolment.State.WAITING, JourneyEnrolment.State.RUNNING)


class JourneyEnrol(ConsolePage):
    """Choose a segment; with `?segment=` its words and size, and the button that does it."""

    template_name = "broadcasts/journeys/enrol.html"
    permission = CHANGE

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, journey = operator_of(self.request), journey_of(kwargs["pk"])
        chosen = _segment(journey, self.request.GET.get("segment", ""))
        words = JourneyWords()
        shown = journey.version.definition if journey.version else journey.draft
        entry = shown.get("entry")
        return super().get_context_data(
            title=_("Put into “%(name)s” by hand") % {"name": journey.name},
            journey=journey,
            is_open=journey.state == Journey.State.ACTIVE,
            segments=segments_of(journey.subject),
            chosen=chosen,
            preview=_preview(journey, chosen, operator) if chosen else None,
            entry=words.rule(entry, journey.subject) if entry else "",
            reentry=words.reentry(shown.get("reentry") or {"kind": "never"}),
            **kwargs,
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        journey = journey_of(kwargs["pk"])
        segment = _segment(journey, request.POST.get("segment", ""))
        if segment is None:
            messages.error(request, _("Choose a segment."))
            return redirect("console:journey-enrol", pk=journey.pk)
        try:
            made = enrol(
                journey=journey,
                segment=segment,
                operator=operator_of(request),
                now=timezone.now(),
            )
        except (ScrmError, RuleError) as error:
            messages.error(request, str(error))
            return redirect("console:journey-enrol", pk=journey.pk)
        return redirect("console:journey-enrolment", pk=journey.pk, enrolment=made.pk)


class EnrolmentPage(ConsolePage):
    """How far it is; the part that moves is asked for until it is over."""

    template_name = "broadcasts/journeys/enrolment.html"
    permission = VIEW

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        enrolment = _enrolment(kwargs["pk"], kwargs["enrolment"])
        shown = _progress(enrolment) | {
            "may_change": operator_of(request).has_perm(CHANGE),
        }
        if request.headers.get("HX-Request"):
            return render(request, "broadcasts/journeys/enrolment_progress.html", shown)
        title = _("“%(segment)s” into “%(name)s”") % {
            "segment": enrolment.name,
            "name": enrolment.journey.name,
        }
        return self.render_to_response(self.get_context_data(title=title, **shown))


class CancelEnrolment(ConsoleAction):
    permission = CHANGE

    def post(self, request: HttpRequest, pk: int, enrolment: int) -> HttpResponseBase:
        found = _enrolment(pk, enrolment)
        if cancel_enrolment(enrolment=found, operator=operator_of(request), now=timezone.now()):
            messages.success(request, _("Cancelled. Whoever has begun goes on."))
        else:
            messages.warning(request, _("It was over already."))
        return redirect("console:journey-enrolment", pk=pk, enrolment=enrolment)


def _enrolment(pk: int, enrolment: int) -> JourneyEnrolment:
    rows = JourneyEnrolment.objects.select_related("journey", "created_by")
    return get_object_or_404(rows, pk=enrolment, journey_id=pk)


def _progress(enrolment: JourneyEnrolment) -> dict[str, Any]:
    state = JourneyRun.State
    found = enrolment.runs.aggregate(
        expected=Count("pk", filter=Q(state=state.EXPECTED)),
        refused=Count("pk", filter=Q(state=state.REFUSED)),
        total=Count("pk"),
    )
    over = found["total"] - found["expected"]
    return {
        "enrolment": enrolment,
        "journey": enrolment.journey,
        "begun": over - found["refused"],
        "refused": found["refused"],
        "expected": found["expected"],
        "percent": round(100 * over / found["total"]) if found["total"] else 0,
        "is_open": enrolment.state in _OPEN,
    }


def _segment(journey: Journey, text: str) -> Segment | GroupSegment | None:
    key = row_number(text)
    if key is None:
        return None
    if journey.subject == GROUP:
        return group_audiences.live_segments().filter(pk=key).first()
    return live_segments().filter(pk=key).first()


def _preview(journey: Journey, segment: Segment | GroupSegment, operator: Operator) -> Any:
    if journey.subject == GROUP:
        return group_audiences.preview(segment.rule, operator, timezone.now())
    return audiences.preview(segment.rule, operator, timezone.now())
