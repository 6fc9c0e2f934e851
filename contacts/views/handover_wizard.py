"""The wizard of a hand-over (继承向导): who gives, whom to whom, what WeCom will say, go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Contact, HandoverMode, Staff, Tag
from contacts.rules.handover import MESSAGE_CHARS
from contacts.selectors.handover_checks import MOST, Check, Wish, check_handover, customers_of
from contacts.selectors.handovers import givers, leavers, receivers
from contacts.selectors.visibility import visible_staff
from contacts.services.handovers import start_handover
from contacts.views.handovers import MAY_HAND_OVER
from scrm.console.fields import blame, row_number, without_nul
from scrm.console.views import ConsolePage, operator_of
from scrm.errors import InvalidInput

_SHOWN, _SAMPLE = 200, 20
ALL, TAGGED, PICKED = "all", "tag", "picked"


class WishForm(forms.Form):
    """Whom of the giver's customers, and to whom."""

    receiver = forms.ModelChoiceField(
        label=gettext_lazy("Who takes over"), queryset=Staff.objects.none()
    )
    whom = forms.ChoiceField(
        label=gettext_lazy("Which customers"),
        choices=[
            (ALL, gettext_lazy("All of them")),
            (TAGGED, gettext_lazy("Those with a tag")),
            (PICKED, gettext_lazy("Those ticked in the list")),
        ],
        initial=ALL,
    )
    tag = forms.ModelChoiceField(
        label=gettext_lazy("Tag"), queryset=Tag.objects.none(), required=False
    )
    message = forms.CharField(
        label=gettext_lazy("Message to the customers"),
        required=False,
        max_length=MESSAGE_CHARS,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": MESSAGE_CHARS}),
        help_text=gettext_lazy("At most 200 characters; empty: WeCom's own words."),
    )

    def __init__(self, data: Any, *, receivers: QuerySet[Staff], mode: str) -> None:
        super().__init__(data)
        for name, rows in (
            ("receiver", receivers),
            ("tag", Tag.objects.filter(is_gone=False).order_by("group__order", "order", "name")),
        ):
            field = self.fields[name]
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = rows
        if mode == HandoverMode.RESIGNED:
            del self.fields["message"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("whom") == TAGGED and not cleaned.get("tag"):
            self.add_error("tag", _("Choose a tag."))
        return cleaned


@dataclass(frozen=True)
class _Step:
    """Where the wizard stands."""

    mode: str
    giver: Staff | None


class HandoverWizard(ConsolePage):
    """Step 1 chooses the giver, 2 the customers and the receiver, 3 shows the check, 4 starts."""

    template_name = "contacts/handover_wizard.html"
    permission = MAY_HAND_OVER
    page_title = gettext_lazy("Hand customers over")
    http_method_names = ["get", "post"]

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        step = self._step(request.POST)
        if step.giver is None:
            messages.error(request, _("Choose who gives the customers."))
            return redirect("console:handover-new")
        form = self._form(request.POST, step)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        wish = self._wish(form, step)
        try:
            if request.POST.get("step") == "start":
                return self._start(wish)
            check = check_handover(wish, operator=operator_of(request), now=timezone.now())
        except InvalidInput as error:
            blame(form, error)
            return self.render_to_response(self.get_context_data(form=form))
        return self.render_to_response(self.get_context_data(form=form, **_checked(wish, check)))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.POST if self.request.method == "POST" else self.request.GET
        operator, step = operator_of(self.request), self._step(asked)
        context: dict[str, Any] = {"mode": step.mode, "giver": step.giver, "modes": HandoverMode}
        if step.giver is None:
            if step.mode == HandoverMode.RESIGNED:
                context["leavers"] = leavers(operator, now=timezone.now())
            else:
                context["givers"] = givers(operator)
        elif "check" not in kwargs:
            context |= self._choice(asked, step)
        return super().get_context_data(**{**context, **kwargs})

    def _choice(self, asked: Any, step: _Step) -> dict[str, Any]:
        """Step 2: the form, and the giver's customers to tick."""
        giver = step.giver
        if giver is None:
            return {}
        query = without_nul(asked.get("q", "")).strip()[:64]
        customers = customers_of(giver, mode=step.mode)
        total = customers.count()
        if query:
            customers = customers.filter(name__trigram_contains=query)
        return {
            "form": self._form(None, step),
            "customers": list(customers[:_SHOWN]),
            "total": total,
            "shown": _SHOWN,
            "query": query,
            "ticked": set(_ticked(asked)),
        }

    def _step(self, asked: Any) -> _Step:
        mode = asked.get("mode", "")
        if mode not in HandoverMode.values:
            mode = HandoverMode.ON_JOB.value
        number = row_number(asked.get("giver", ""))
        staff = visible_staff(operator_of(self.request))
        return _Step(mode, staff.filter(pk=number).first() if number is not None else None)

    def _form(self, data: Any, step: _Step) -> WishForm:
        operator = operator_of(self.request)
        found = receivers(operator, giver=step.giver) if step.giver else Staff.objects.none()
        return WishForm(data, receivers=found, mode=step.mode)

    def _wish(self, form: WishForm, step: _Step) -> Wish:
        if step.giver is None:
            raise ValueError("a wish needs a giver")
        given, whom = form.cleaned_data, form.cleaned_data["whom"]
        return Wish(
            mode=step.mode,
            giver=step.giver,
            receiver=given["receiver"],
            tag_id=given["tag"].pk if whom == TAGGED else None,
            contact_ids=_ticked(self.request.POST) if whom == PICKED else None,
            message=given.get("message", ""),
        )

    def _start(self, wish: Wish) -> HttpResponse:
        handover = start_handover(wish=wish, operator=operator_of(self.request), now=timezone.now())
        messages.success(
            self.request, _("The hand-over has started. WeCom moves the customers after 24 hours.")
        )
        return redirect("console:handover", handover.pk)


def _checked(wish: Wish, check: Check) -> dict[str, Any]:
    """Step 3: who goes, who stays and why."""
    left_out = list(check.excluded.items())[:_SAMPLE]
    names = Contact.objects.in_bulk([*check.taken[:_SAMPLE], *(pk for pk, _bar in left_out)])
    return {
        "check": check,
        "wish": wish,
        "taken": [names[pk] for pk in check.taken[:_SAMPLE]],
        "left_out": [(names[pk], bar.label) for pk, bar in left_out],
        "calls": -(-len(check.taken) // 100),
        "ticked": wish.contact_ids or (),
    }


def _ticked(asked: Any) -> list[int]:
    numbers = (row_number(text) for text in asked.getlist("contact")[:MOST])
    return [number for number in numbers if number is not None]
