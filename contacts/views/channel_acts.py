"""What operators do with channels: make, change, plan, archive, delete, name, enter costs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Channel, CostEntry, Follow
from contacts.selectors.channel_duty import with_staff
from contacts.services import channel_costs, channels
from contacts.services.channel_arrivals import greet_again
from contacts.services.channels import ShiftDraft
from contacts.views.channel_forms import ChannelForm, CostForm, ShiftForm, typed_of
from contacts.views.channel_list import MAY_ADD, MAY_CHANGE, MAY_COST, MAY_DELETE
from scrm.console.fields import blame, row_number, without_nul
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import InvalidInput, ScrmError

_KINDS = {Channel.Kind.CODE.value, Channel.Kind.LINK.value}


def _acting(request: HttpRequest) -> dict[str, Any]:
    return {"operator": operator_of(request), "now": timezone.now()}


def _tell(request: HttpRequest, channel: Channel) -> None:
    """How far it is: in use, or what stands in the way."""
    if channel.problem:
        messages.warning(request, channel.problem)
    elif channel.status == Channel.Status.MAKING:
        messages.info(request, _("WeCom has not answered yet; the code appears in a minute."))
    else:
        messages.success(request, _("Saved: %(name)s.") % {"name": channel.name})


class ChannelFormPage(ConsolePage):
    """A form of a channel; a refused save comes back as it was typed."""

    template_name = "contacts/channel_form.html"

    def kind(self) -> str:
        raise NotImplementedError

    def typed(self) -> dict[str, Any]:
        return {}

    def save(self, form: ChannelForm) -> Channel:
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", ChannelForm(kind=self.kind(), initial=self.typed() or None))
        return super().get_context_data(kind=self.kind(), **kwargs)

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        form = ChannelForm(request.POST, kind=self.kind())
        if form.is_valid():
            try:
                channel = self.save(form)
            except ScrmError as error:
                blame(form, error)
            else:
                _tell(request, channel)
                return redirect("console:channel", channel.pk)
        return self.render_to_response(self.get_context_data(form=form))


class NewChannel(ChannelFormPage):
    """A new code or link (新建渠道活码)."""

    permission = MAY_ADD
    page_title = gettext_lazy("New channel")

    def kind(self) -> str:
        asked = self.request.POST.get("kind") or self.request.GET.get("kind", "")
        return asked if asked in _KINDS else Channel.Kind.CODE.value

    def save(self, form: ChannelForm) -> Channel:
        return channels.create_channel(
            draft=form.draft(), kind=self.kind(), **_acting(self.request)
        )


class NameState(ChannelFormPage):
    """A name for a state that was made elsewhere (认领渠道)."""

    permission = MAY_ADD
    page_title = gettext_lazy("Name a channel")

    def kind(self) -> str:
        return Channel.Kind.NAMED.value

    def state(self) -> str:
        asked = self.request.POST.get("state") or self.request.GET.get("state", "")
        return without_nul(asked)[:64]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        state = self.state()
        came = Follow.objects.filter(state=state).count() if state else 0
        return super().get_context_data(state=state, came=came, **kwargs)

    def save(self, form: ChannelForm) -> Channel:
        return channels.name_channel(
            state=self.state(), draft=form.draft(), **_acting(self.request)
        )


class EditChannel(ChannelFormPage):
    """Change a channel; its code follows."""

    permission = MAY_CHANGE

    def channel(self) -> Channel:
        return get_object_or_404(Channel, pk=self.kwargs["pk"])

    def kind(self) -> str:
        return self.channel().kind

    def typed(self) -> dict[str, Any]:
        return typed_of(self.channel())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        channel = self.channel()
        return super().get_context_data(channel=channel, title=channel.name, **kwargs)

    def save(self, form: ChannelForm) -> Channel:
        return channels.change_channel(
            channel_id=self.kwargs["pk"], draft=form.draft(), **_acting(self.request)
        )


class ChannelPlan(ConsolePage):
    """The weekly plan (排班): shifts are added and removed one by one."""

    template_name = "contacts/channel_plan.html"
    permission = MAY_CHANGE

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        channel = get_object_or_404(with_staff(Channel.objects.all()), pk=self.kwargs["pk"])
        shifts = list(channel.shifts.all())
        kwargs.setdefault("form", ShiftForm())
        return super().get_context_data(
            title=_("Weekly plan: %(name)s") % {"name": channel.name},
            channel=channel,
            shifts=[
                (shift, [WEEKDAYS[day] for day in shift.weekdays], list(shift.staff.all()))
                for shift in shifts
            ],
            **kwargs,
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        channel = get_object_or_404(with_staff(Channel.objects.all()), pk=pk)
        drafts = {shift.pk: _as_draft(shift) for shift in channel.shifts.all()}
        form = ShiftForm(request.POST)
        removed = row_number(request.POST.get("remove", ""))
        if removed is not None:
            drafts.pop(removed, None)
        elif form.is_valid():
            drafts[0] = form.draft()
        else:
            return self.render_to_response(self.get_context_data(form=form))
        try:
            changed = channels.set_shifts(
                channel_id=pk, shifts=list(drafts.values()), **_acting(request)
            )
        except ScrmError as error:
            blame(form, error)
            return self.render_to_response(self.get_context_data(form=form))
        _tell(request, changed)
        return redirect("console:channel-plan", pk)


def _as_draft(shift: Any) -> ShiftDraft:
    staff_ids = [member.pk for member in shift.staff.all()]
    return ShiftDraft(shift.weekdays, shift.starts, shift.ends, staff_ids)


class ChannelAct(ConsoleAction):
    """Archive, take back, try again, greet again: named by `do`."""

    permission = MAY_CHANGE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        channel = get_object_or_404(Channel, pk=pk)
        do = request.POST.get("do", "")
        if do in ("archive", "restore"):
            channels.archive_channel(channel_id=pk, is_archived=do == "archive", **_acting(request))
            words = (
                _("Archived: %(name)s.") if do == "archive" else _("Back in the list: %(name)s.")
            )
            messages.success(request, words % {"name": channel.name})
        elif do == "retry":
            _tell(request, channels.try_again(channel_id=pk, **_acting(request)))
        elif do == "greet":
            greet_again(channel_id=pk, **_acting(request))
            messages.success(request, _("They are tried again now."))
        return redirect("console:channel", pk)


class DeleteChannel(ConsolePage):
    """Asks before a printed code dies (删除活码)."""

    template_name = "contacts/channel_delete.html"
    permission = MAY_DELETE
    page_title = gettext_lazy("Delete the code?")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        channel = get_object_or_404(Channel, pk=self.kwargs["pk"])
        return super().get_context_data(
            channel=channel, came=Follow.objects.filter(state=channel.state).count(), **kwargs
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        get_object_or_404(Channel, pk=pk)
        try:
            channels.delete_channel(channel_id=pk, **_acting(request))
        except ScrmError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Deleted. Its figures stay."))
        return redirect("console:channel", pk)


class AddCost(ConsoleAction):
    permission = MAY_COST

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        get_object_or_404(Channel, pk=pk)
        form = CostForm(request.POST)
        if form.is_valid():
            try:
                channel_costs.add_cost(channel_id=pk, **form.entered(), **_acting(request))
            except InvalidInput as error:
                blame(form, error)
        if form.errors:
            messages.error(request, " ".join(str(e) for row in form.errors.values() for e in row))
        else:
            messages.success(request, _("The cost is entered."))
        return redirect("console:channel", pk)


class EditCost(ConsolePage):
    """Correct or take out a cost."""

    template_name = "contacts/channel_cost.html"
    permission = MAY_COST
    page_title = gettext_lazy("Cost entry")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        entry = self._entry()
        typed = {
            "spent_on": entry.spent_on,
            "amount": f"{entry.amount_fen / 100:.2f}",
            "note": entry.note,
        }
        kwargs.setdefault("form", CostForm(initial=typed))
        return super().get_context_data(entry=entry, **kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        entry = self._entry()
        if "delete" in request.POST:
            channel_costs.delete_cost(entry_id=pk, **_acting(request))
            messages.success(request, _("The cost is taken out."))
            return redirect("console:channel", entry.channel_id)
        form = CostForm(request.POST)
        if form.is_valid():
            try:
                channel_costs.change_cost(entry_id=pk, **form.entered(), **_acting(request))
            except InvalidInput as error:
                blame(form, error)
            else:
                messages.success(request, _("The cost is corrected."))
                return redirect("console:channel", entry.channel_id)
        return self.render_to_response(self.get_context_data(form=form))

    def _entry(self) -> CostEntry:
        return get_object_or_404(CostEntry.objects.select_related("channel"), pk=self.kwargs["pk"])
