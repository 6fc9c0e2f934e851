"""What an operator does on a customer's page: one press of a button each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _

from contacts.models import Contact, Tag, TagJob
from contacts.selectors.profiles import SEE_PHONES
from contacts.services.notes import write_note
from contacts.services.phones import reveal_phone
from contacts.services.preferences import pause_messages, set_do_not_contact
from contacts.services.tag_jobs import start_tag_job, work_tag_job
from contacts.views.profile import MAY_CHANGE, MAY_NOTE, visible_or_404
from scrm.console.fields import DayField, row_number, without_nul
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import InvalidInput, ScrmError
from scrm.segments.days import start_of

PAUSE = timedelta(days=30)
SOURCE = "console"
_TAGS_OFFERED = 60
# How long a press waits for a tag; a worker goes on with what takes longer.
_TAG_PATIENCE = timedelta(seconds=3)


class ShowPhone(ConsoleAction):
    """The phone number in full, in place of the masked one; the operation log says who looked."""

    permission = SEE_PHONES

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        contact = visible_or_404(request, pk)
        phone = reveal_phone(contact=contact, operator=operator_of(request), now=timezone.now())
        return HttpResponse(escape(phone))


class WriteNote(ConsoleAction):
    """Append a note (跟进记录)."""

    permission = MAY_NOTE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        contact = visible_or_404(request, pk)
        try:
            write_note(
                contact_id=contact.pk,
                text=request.POST.get("text", ""),
                operator=operator_of(request),
                now=timezone.now(),
            )
        except InvalidInput as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Noted."))
        return _back(contact, tab="notes")


class SetPreference(ConsoleAction):
    """Record what the customer asked of us: pause, never, or as usual again."""

    permission = MAY_CHANGE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        contact = visible_or_404(request, pk)
        now = timezone.now()
        try:
            self._record(request, contact, now)
        except InvalidInput as error:
            messages.error(request, str(error))
        return _back(contact)

    def _record(self, request: HttpRequest, contact: Contact, now: datetime) -> None:
        who: dict[str, Any] = {
            "contact_id": contact.pk,
            "source": SOURCE,
            "operator": operator_of(request),
            "now": now,
        }
        reason = without_nul(request.POST.get("reason", ""))
        match request.POST.get("ask"):
            case "pause":
                until = _pause_until(request.POST.get("until", ""), now)
                pause_messages(until=until, reason=reason, **who)
                words = _("Messages are paused until %(day)s.")
                day = timezone.localtime(until).strftime("%Y-%m-%d")
                messages.success(request, words % {"day": day})
            case "never":
                set_do_not_contact(is_do_not_contact=True, reason=reason, **who)
                messages.success(request, _("The customer will not be contacted any more."))
            case "clear":
                pause_messages(until=None, **who)
                set_do_not_contact(is_do_not_contact=False, **who)
                messages.success(request, _("The customer may be contacted as usual."))


def _pause_until(text: str, now: datetime) -> datetime:
    """Midnight of the day given, or 30 days from now. Raises InvalidInput."""
    if not text:
        return now + PAUSE
    try:
        return start_of(DayField().clean(text))
    except ValidationError:
        raise InvalidInput(_("Give a day, such as 2026-03-10."), field="until") from None


class MarkTags(ConsoleAction):
    """Put tags on the customer or take them off; with `staff` only on that relation."""

    permission = MAY_CHANGE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        contact = visible_or_404(request, pk)
        staff_id = row_number(request.POST.get("staff", ""))
        try:
            job = start_tag_job(
                contact_ids=[contact.pk],
                add_tag_ids=_numbers(request, "add"),
                remove_tag_ids=_numbers(request, "remove"),
                staff_ids=[staff_id] if staff_id else None,
                operator=operator_of(request),
                now=timezone.now(),
            )
        except ScrmError as error:
            messages.error(request, str(error))
            return _back(contact)
        work_tag_job(job_id=job.pk, clock=timezone.now, until=timezone.now() + _TAG_PATIENCE)
        job.refresh_from_db()
        _tell(request, job)
        return _back(contact)


class TagChoices(ConsolePage):
    """Tags whose name or group contains what was typed, to tick; a part of the page."""

    template_name = "contacts/tag_choices.html"
    permission = MAY_CHANGE

    def get(self, request: HttpRequest, *_args: Any, **kwargs: Any) -> HttpResponse:
        contact = visible_or_404(request, kwargs["pk"])
        query = without_nul(request.GET.get("q", "")).strip()[:64]
        tags = Tag.objects.filter(is_gone=False, group__is_gone=False).select_related("group")
        if query:
            tags = tags.filter(name__icontains=query) | tags.filter(group__name__icontains=query)
        found = list(tags.order_by("-group__order", "group", "-order", "pk")[: _TAGS_OFFERED + 1])
        return TemplateResponse(
            request,
            self.template_name,
            {
                "tags": found[:_TAGS_OFFERED],
                "has_more": len(found) > _TAGS_OFFERED,
                "contact_id": contact.pk,
            },
        )


def _numbers(request: HttpRequest, name: str) -> list[int]:
    found = (row_number(text) for text in request.POST.getlist(name)[:100])
    return [number for number in found if number is not None]


def _tell(request: HttpRequest, job: TagJob) -> None:
    if not job.is_over:
        messages.info(request, _("WeCom needs a moment; the tags follow by themselves."))
    elif job.failed or job.state == TagJob.State.FAILED:
        problems = {failure.get_problem_display() for failure in job.failures.all()[:5]}
        words = "; ".join(sorted(map(str, problems))) or job.get_problem_display()
        messages.error(request, _("Not all tags could be changed: %(why)s") % {"why": words})
    elif job.marked:
        messages.success(request, _("The tags are changed."))
    else:
        messages.info(request, _("There was nothing to change."))


def _back(contact: Contact, *, tab: str = "") -> HttpResponse:
    answer = redirect("console:contact", pk=contact.pk)
    if tab:
        answer["Location"] += f"#tab-{tab}"
    return answer
