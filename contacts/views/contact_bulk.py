"""What is done with many customers of the list at once (批量操作)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import Segment
from contacts.selectors.filter_rule import as_rule, inexpressible
from contacts.services.bulk_preferences import (
    CUSTOMERS_AT_ONCE,
    pause_many,
    refuse_contact_with_many,
)
from contacts.services.preference_jobs import start_preference_job
from contacts.services.segments import create_segment
from contacts.services.tag_jobs import start_tag_job
from contacts.views.chosen import asked_filter, back_to_list, chosen_customers
from contacts.views.contact_list import MAY_CHANGE, MAY_SEGMENT, MAY_TAG, MAY_WRITE
from scrm.console.fields import row_number
from scrm.console.models import Operator
from scrm.console.views import ConsoleAction, operator_of
from scrm.errors import InvalidInput
from scrm.segments.days import start_of_next
from scrm.segments.parse import RuleError

_SOURCE = "console"
_LONGEST_PAUSE = timedelta(days=3660)


class BulkTag(ConsoleAction):
    """Order the marking of the chosen customers; leads to the job."""

    permission = MAY_TAG

    def post(self, request: HttpRequest) -> HttpResponseRedirect:
        operator = operator_of(request)
        try:
            job = start_tag_job(
                now=timezone.now(),
                operator=operator,
                contact_ids=chosen_customers(request, operator),
                add_tag_ids=_numbers(request, "add_tag"),
                remove_tag_ids=_numbers(request, "remove_tag"),
            )
        except InvalidInput as error:
            return _refused(request, error)
        messages.success(
            request,
            _("Tagging has begun: %(customers)s customers.") % {"customers": f"{job.total:,}"},
        )
        return HttpResponseRedirect(reverse("console:tagjob", args=[job.pk]))


class BulkPreference(ConsoleAction):
    """Record for the chosen customers: do not contact, or a pause until a day."""

    permission = MAY_CHANGE

    def post(self, request: HttpRequest) -> HttpResponseRedirect:
        operator, now = operator_of(request), timezone.now()
        asked: dict[str, Any] = {
            "contacts": chosen_customers(request, operator),
            "source": _SOURCE,
            "operator": operator,
            "now": now,
        }
        try:
            is_pause = request.POST.get("ask") == "pause"
            until = start_of_next(_day(request.POST.get("until", ""))) if is_pause else None
            if asked["contacts"].order_by()[: CUSTOMERS_AT_ONCE + 1].count() > CUSTOMERS_AT_ONCE:
                job = start_preference_job(until=until, **asked)
                return HttpResponseRedirect(reverse("console:preferencejob", args=[job.pk]))
            if until is not None:
                news = pause_many(until=until, **asked)
            else:
                news = refuse_contact_with_many(**asked)
        except InvalidInput as error:
            return _refused(request, error)
        messages.success(
            request, _("Recorded for %(customers)s customers.") % {"customers": f"{news:,}"}
        )
        return HttpResponseRedirect(back_to_list(request))


class SegmentOfFilter(ConsoleAction):
    """Keep the filter as a segment (存为人群); with `then=broadcast` go on to write to it."""

    permission = MAY_SEGMENT

    def post(self, request: HttpRequest) -> HttpResponseRedirect:
        operator = operator_of(request)
        try:
            segment = _segment(request, operator)
        except (InvalidInput, RuleError) as error:
            return _refused(request, error)
        messages.success(
            request,
            _("Saved: %(name)s, %(size)s customers.")
            % {"name": segment.name, "size": f"{segment.size or 0:,}"},
        )
        composer = _if_there("console:broadcast-new")
        if request.POST.get("then") == "broadcast" and composer and operator.has_perm(MAY_WRITE):
            return HttpResponseRedirect(f"{composer}?{urlencode({'segment': segment.pk})}")
        return HttpResponseRedirect(reverse("console:segment", args=[segment.pk]))


def _segment(request: HttpRequest, operator: Operator) -> Segment:
    form = asked_filter(request, operator)
    wanted = form.wanted()
    left_out = [str(form[name].label) for name in inexpressible(wanted)]
    if left_out:
        raise InvalidInput(
            _("A segment cannot ask for: %(filters)s. Remove that first.")
            % {"filters": "、".join(left_out)}
        )
    return create_segment(
        name=request.POST.get("name", "").replace("\0", ""),
        rule=as_rule(wanted),
        now=timezone.now(),
        operator=operator,
    )


def _numbers(request: HttpRequest, name: str) -> list[int]:
    found = (row_number(text) for text in request.POST.getlist(name)[:200])
    return [number for number in found if number is not None and number < 2**31]


def _day(text: str) -> date:
    try:
        day: date = forms.DateField().clean(text)
    except forms.ValidationError:
        raise InvalidInput(_("Say until when."), field="until") from None
    if day > timezone.localdate() + _LONGEST_PAUSE:
        raise InvalidInput(_("A pause lasts at most ten years."), field="until")
    return day


def _refused(request: HttpRequest, error: Exception) -> HttpResponseRedirect:
    messages.error(request, str(error))
    return HttpResponseRedirect(back_to_list(request))


def _if_there(name: str, *keys: int) -> str:
    """The address of a page that another app, or another part of this one, may serve."""
    try:
        return reverse(name, args=keys)
    except NoReverseMatch:
        return ""
