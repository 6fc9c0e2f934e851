"""One order file (订单导入): how it is read, what it would do, how far it is, what became of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import OrderImport, OrderMapping
from contacts.rules.order_formats import FORMATS
from contacts.rules.order_formats.layout import BUYER
from contacts.rules.order_formats.mapped import NAME as MAPPING
from contacts.rules.order_lines import OrderLine, Problem
from contacts.rules.phones import mask
from contacts.selectors.order_formats import (
    FIELD_LABELS,
    FORMAT_LABELS,
    MAPPED_FIELDS,
    field_label,
    format_label,
    layout_of,
)
from contacts.selectors.order_imports import percent, visible_imports
from contacts.services import order_uploads
from contacts.services.order_error_file import refused_lines
from contacts.services.order_faults import InvalidOrderFile, describe
from contacts.services.order_uploads import Glimpse, error_file_of, glimpse
from contacts.services.orders import report_of
from contacts.views.order_import import MAY_IMPORT
from scrm.audit.services import record_act
from scrm.console.fields import row_number
from scrm.console.views import ConsolePage, RowAction, operator_of
from scrm.errors import InvalidInput
from scrm.privacy import mask_phones

_SAVED = "saved:"
_SAMPLE = 24
_HEADINGS = 300


class FormatForm(forms.Form):
    """How a file is read: as a shop's export, as was saved, or column by column."""

    format = forms.ChoiceField(label=gettext_lazy("Format"))


class MappingForm(forms.Form):
    """Which of the file's columns holds what; the fields are those of `MAPPED_FIELDS`."""

    def __init__(self, seen: Glimpse, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        columns = [("", "–"), *_columns(seen)]
        for name in MAPPED_FIELDS:
            needed = name in ("paid_at", "amount")
            self.fields[name] = forms.ChoiceField(
                label=str(FIELD_LABELS[name]),
                choices=columns,
                required=needed,
                help_text=_("needed") if needed else "",
            )
        self.fields["amount_per_line"] = forms.BooleanField(
            label=_("The amounts are those of single lines; add them up for each order"),
            required=False,
        )
        self.fields["is_net"] = forms.BooleanField(
            label=_("The amount is what was left after refunds"), required=False
        )
        self.fields["save_as"] = forms.CharField(
            label=_("Save as"),
            required=False,
            max_length=64,
            help_text=_("For further files of this source; without a name only this file."),
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not any(given.get(name) for name in BUYER):
            raise forms.ValidationError(_("Choose at least one column that tells the buyer."))
        return given

    def mapping(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "columns": {name: given[name] for name in MAPPED_FIELDS if given[name]},
            "amount_per_line": given["amount_per_line"],
            "is_net": given["is_net"],
        }


class ImportFilePage(ConsolePage):
    """One file, from its first look to its result."""

    template_name = "contacts/order_import.html"
    permission = MAY_IMPORT

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        imported = _visible(self.request, self.kwargs["pk"])
        context: dict[str, Any] = {"title": imported.name, **_shown(imported)}
        if imported.state in (OrderImport.State.UPLOADED, OrderImport.State.CHECKED):
            context |= self._look(imported, kwargs.pop("mapping_form", None))
        return super().get_context_data(**context, **kwargs)

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        """The mapping form; with what is missing it comes back."""
        imported = _visible(request, self.kwargs["pk"])
        seen = _glimpse(imported)
        form = MappingForm(seen, request.POST)
        if form.is_valid():
            try:
                order_uploads.choose_format(
                    imported_id=imported.pk,
                    format_name=MAPPING,
                    mapping=form.mapping(),
                    save_as=form.cleaned_data["save_as"],
                    operator=operator_of(request),
                    now=timezone.now(),
                )
            except InvalidInput as error:
                form.add_error(None, str(error))
            else:
                return redirect("console:order-import-file", imported.pk)
        return self.render_to_response(self.get_context_data(mapping_form=form))

    def _look(self, imported: OrderImport, form: MappingForm | None) -> dict[str, Any]:
        """The first lines, how they are understood, and how else they could be read."""
        try:
            seen = glimpse(imported, layout_of(imported))
        except InvalidOrderFile as error:
            return {"unreadable": str(error)}
        saved = OrderMapping.objects.filter(source=imported.source).order_by("name")
        choices = [
            *((name, FORMAT_LABELS[name]) for name in FORMATS),
            *((f"{_SAVED}{row.pk}", f"{FORMAT_LABELS[MAPPING]}: {row.name}") for row in saved),
        ]
        chosen = imported.format
        if chosen == MAPPING:
            same = next((row for row in saved if row.as_mapping() == imported.mapping), None)
            chosen = f"{_SAVED}{same.pk}" if same else ""
        format_form = FormatForm(initial={"format": chosen})
        format_form.fields["format"].choices = [("", "–"), *choices]  # type: ignore[attr-defined]
        kept = imported.mapping
        initial = {**kept.get("columns", {}), **kept} if kept else _guessed(imported, seen)
        return {
            "seen": seen,
            "understood": [_understood(number, told) for number, told in seen.lines],
            "missing": [field_label(name) for name in seen.missing],
            "format_form": format_form,
            "mapping_form": form or MappingForm(seen, initial=initial),
            "asks_mapping": form is not None or not imported.format or bool(seen.missing),
        }


class ImportProgress(ConsolePage):
    """The part of that page that renews itself while it works."""

    permission = MAY_IMPORT
    template_name = "contacts/order_import_progress.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        imported = _visible(request, kwargs["pk"])
        if not imported.is_working:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return self.render_to_response(self.get_context_data(**_shown(imported)))


class _FileAction(RowAction):
    permission = MAY_IMPORT
    page = "console:order-import-file"

    def row(self, request: HttpRequest, pk: int) -> OrderImport:
        return _visible(request, pk)


class ChooseFormat(_FileAction):
    """Read the file in a known or a saved way."""

    def act(self, request: HttpRequest, row: OrderImport, /) -> None:
        chosen = request.POST.get("format", "")
        mapping = None
        if chosen.startswith(_SAVED):
            number = row_number(chosen.removeprefix(_SAVED)) or 0
            saved = OrderMapping.objects.filter(source=row.source, pk=number).first()
            chosen, mapping = MAPPING, saved.as_mapping() if saved else None
        if chosen == MAPPING and mapping is None:
            raise InvalidInput(_("There is no such format."), field="format")
        order_uploads.choose_format(
            imported_id=row.pk, format_name=chosen, mapping=mapping, **self.acting()
        )


class CheckImport(_FileAction):
    def act(self, request: HttpRequest, row: OrderImport, /) -> None:
        order_uploads.start_check(imported_id=row.pk, **self.acting())


class StartImport(_FileAction):
    def act(self, request: HttpRequest, row: OrderImport, /) -> None:
        order_uploads.start_import(
            imported_id=row.pk, takes_good=request.POST.get("take") == "good", **self.acting()
        )


class CancelImport(_FileAction):
    def act(self, request: HttpRequest, row: OrderImport, /) -> None:
        if order_uploads.cancel_import(imported_id=row.pk, **self.acting()):
            messages.success(request, _("Stopped."))


class ExportRefusedLines(_FileAction):
    """The refused lines with a reason each, as they stood in the file.

    They hold whole phone numbers, so they are for who gave the file or may see those.
    """

    def act(self, request: HttpRequest, row: OrderImport, /) -> HttpResponseBase:
        operator, path = operator_of(request), error_file_of(row)
        if row.created_by_id != operator.pk and not operator.has_perm("contacts.see_full_phone"):
            raise InvalidInput(_("Whole phone numbers are for who gave the file."), field="file")
        if not path.exists():
            raise InvalidInput(_("No refused lines are kept of this file."), field="file")
        record_act(action="order.import_errors", subject=row, **self.acting())
        return FileResponse(
            path.open("rb"),
            as_attachment=True,
            filename=f"refused-{row.pk}.csv",
            content_type="text/csv; charset=utf-8",
            headers={"Cache-Control": "no-store"},
        )


def _shown(imported: OrderImport) -> dict[str, Any]:
    """What the progress, the trial and the result are shown from."""
    sums = imported.result or imported.report
    lines = refused_lines(imported) if imported.refused else []
    return {
        "imported": imported,
        "format_name": format_label(imported.format) if imported.format else "",
        "percent": percent(imported),
        "report": report_of(imported, sums) if sums else None,
        "refused_lines": [_words(problem) for line in lines for problem in line],
        "has_error_file": bool(imported.refused) and error_file_of(imported).exists(),
    }


def _visible(request: HttpRequest, pk: int) -> OrderImport:
    found: OrderImport = get_object_or_404(visible_imports(operator_of(request)), pk=pk)
    return found


def _glimpse(imported: OrderImport) -> Glimpse:
    try:
        return glimpse(imported, None)
    except InvalidOrderFile:
        return Glimpse([], [], [], [], [])


def _columns(seen: Glimpse) -> list[tuple[str, str]]:
    """Each heading once, with what stands below it."""
    columns: dict[str, str] = {}
    for place, name in enumerate(seen.header[:_HEADINGS]):
        sample = next((row[place] for row in seen.samples if place < len(row) and row[place]), "")
        if name.strip() and name not in columns:
            columns[name] = f"{name} · {mask_phones(sample)[:_SAMPLE]}" if sample else name
    return list(columns.items())


def _guessed(imported: OrderImport, seen: Glimpse) -> dict[str, str]:
    """Columns that any known format would take for a field."""
    names = {name.strip().lower(): name for name in seen.header}
    guessed: dict[str, str] = {}
    for layout in FORMATS.values():
        for name, known in {**layout.stand_ins, **layout.columns}.items():
            found = next((names[k.lower()] for k in known if k.lower() in names), "")
            if found:
                guessed.setdefault(name, found)
    return guessed


def _understood(number: int, told: Any) -> dict[str, Any]:
    """A row of the preview."""
    if isinstance(told, OrderLine):
        return {"number": number, "line": told, "phone": mask(told.phone)}
    if told is None:
        return {"number": number, "is_unpaid": True}
    return {"number": number, "faults": [_words(problem) for problem in told]}


def _words(problem: Problem) -> str:
    """What is wrong, naming our field in the reader's language."""
    return describe(replace(problem, column=field_label(problem.column)))
