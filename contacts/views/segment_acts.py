"""What operators do with a saved segment: count, archive, fix its members, go back a version."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import Segment, SegmentVersion
from contacts.selectors import audiences
from contacts.services.segments import (
    SegmentInUse,
    archive_segment,
    recount_segment,
    restore_version,
)
from contacts.services.static_segments import freeze_segment, refreeze_segment
from scrm.console.fields import row_number
from scrm.console.views import ConsoleAction, operator_of
from scrm.errors import InvalidInput, ScrmError
from scrm.segments.parse import RuleError

_VIEW, _CHANGE, _ADD = "contacts.view_segment", "contacts.change_segment", "contacts.add_segment"


class SegmentArchive(ConsoleAction):
    permission = _CHANGE

    def post(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        segment = get_object_or_404(Segment, pk=pk)
        try:
            archive_segment(segment_id=pk, now=timezone.now(), operator=operator_of(request))
        except SegmentInUse as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("console:segment", args=[pk]))
        messages.success(request, _("Archived: %(name)s.") % {"name": segment.name})
        return HttpResponseRedirect(reverse("console:segment-list"))


class SegmentRecount(ConsoleAction):
    permission = _VIEW

    def post(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        segment = get_object_or_404(Segment, pk=pk)
        try:
            recount_segment(segment_id=pk, now=timezone.now())
            segment.refresh_from_db()
            size = audiences.shown_size(segment, operator_of(request), timezone.now()) or 0
        except RuleError as error:
            messages.error(request, str(error))
        else:
            messages.success(
                request,
                _("%(name)s: %(size)s customers.") % {"name": segment.name, "size": f"{size:,}"},
            )
        return HttpResponseRedirect(reverse("console:segment", args=[pk]))


class SegmentFreeze(ConsoleAction):
    """Make a static segment of who is in it now."""

    permission = _ADD

    def post(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        segment = get_object_or_404(Segment, pk=pk, is_archived=False)

        def freeze() -> tuple[Segment, str]:
            frozen = freeze_segment(
                segment_id=pk,
                name=request.POST.get("name", ""),
                now=timezone.now(),
                operator=operator_of(request),
            )
            return frozen, _("%(name)s: the members are fixed.") % {"name": frozen.name}

        return _done(request, segment, freeze)


class SegmentRefreeze(ConsoleAction):
    """Take the members of a static segment anew."""

    permission = _CHANGE

    def post(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        segment = get_object_or_404(Segment, pk=pk, is_archived=False)

        def refreeze() -> tuple[Segment, str]:
            frozen = refreeze_segment(
                segment_id=pk, now=timezone.now(), operator=operator_of(request)
            )
            return frozen, _("%(name)s: the members were taken anew.") % {"name": frozen.name}

        return _done(request, segment, refreeze)


class SegmentRestore(ConsoleAction):
    """Go back to the rule of an earlier version."""

    permission = _CHANGE

    def post(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        segment = get_object_or_404(Segment, pk=pk, is_archived=False)
        version = row_number(request.POST.get("version", "")) or 0

        def restore() -> tuple[Segment, str]:
            try:
                restored = restore_version(
                    segment_id=pk,
                    version=version,
                    now=timezone.now(),
                    operator=operator_of(request),
                )
            except SegmentVersion.DoesNotExist as error:
                raise InvalidInput(_("There is no such version.")) from error
            return restored, _("The rule of version %(version)d is back.") % {"version": version}

        return _done(request, segment, restore)


def _done(
    request: HttpRequest, segment: Segment, act: Callable[[], tuple[Segment, str]]
) -> HttpResponseRedirect:
    """Do it, say so, and lead to the segment it left behind; or say why not, where it began."""
    try:
        segment, told = act()
    except ScrmError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, told)
    return HttpResponseRedirect(reverse("console:segment", args=[segment.pk]))
