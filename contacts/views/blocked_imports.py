"""Import customers who must not be contacted (免打扰名单导入): upload, look, import, undo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import BlockedImport, BlockedImportLine
from contacts.rules.phones import mask
from contacts.services.blocked_import import SIZE_LIMIT, check_file, start_import, undo_import
from scrm.audit.services import record_act
from scrm.console.export import csv_response
from scrm.console.models import Operator
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import InvalidInput

MAY_IMPORT = "contacts.add_blockedimport"
_FAULTS_SHOWN = 50


class BlockedFileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV in UTF-8 or GB18030, up to 5 MB and 50,000 lines."),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=128,
        help_text=gettext_lazy("Stands with each customer, such as: complaints until June."),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if (file.size or 0) > SIZE_LIMIT:
            raise forms.ValidationError(_("The file is larger than 5 MB. Divide it."))
        return file


class BlockedImportList(ConsolePage):
    """Upload a file, and the files so far."""

    template_name = "contacts/blocked_imports.html"
    permission = MAY_IMPORT
    page_title = gettext_lazy("Import blocked customers")
    http_method_names = ["get", "post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        form = BlockedFileForm(request.POST, request.FILES)
        if form.is_valid():
            upload = form.cleaned_data["file"]
            try:
                imported = check_file(
                    name=upload.name or "",
                    content=upload.read(),
                    reason=form.cleaned_data["reason"],
                    operator=operator_of(request),
                    now=timezone.now(),
                )
            except InvalidInput as error:
                form.add_error("file", str(error))
            else:
                return redirect("console:blocked-import", imported.pk)
        return self.render_to_response(self.get_context_data(form=form))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = _visible(operator_of(self.request)).select_related("created_by")
        return super().get_context_data(
            **{
                "form": BlockedFileForm(),
                "rows": rows.annotate(size=Count("lines")).order_by("-created_at", "-pk")[:50],
                **kwargs,
            }
        )


class BlockedImportPage(ConsolePage):
    """One file: what an import would do, how far it is, what became of each line."""

    template_name = "contacts/blocked_import.html"
    permission = MAY_IMPORT

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        imported = _named(self.request, kwargs["pk"])
        grouped = imported.lines.order_by().values_list("state").annotate(Count("pk"))
        counts: dict[str, int] = dict(grouped)
        total = sum(counts.values())
        faults = imported.lines.filter(state__in=BlockedImportLine.FAULTS).order_by("number")
        waiting = counts.get("applied" if imported.state == "undoing" else "found", 0)
        return super().get_context_data(
            title=imported.name,
            imported=imported,
            counts=[
                (state, counts[state.value])
                for state in BlockedImportLine.State
                if counts.get(state.value)
            ],
            total=total,
            settled=total - waiting,
            found=counts.get("found", 0),
            fault_count=sum(counts.get(state, 0) for state in BlockedImportLine.FAULTS),
            faults=[(line, _given(line)) for line in faults[:_FAULTS_SHOWN]],
            **kwargs,
        )


class BlockedImportProgress(BlockedImportPage):
    """The part of that page that renews itself while it runs."""

    template_name = "contacts/blocked_import_progress.html"


class BlockedImportAct(ConsoleAction):
    """Import what was looked at, or undo it."""

    permission = MAY_IMPORT

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        imported = _named(request, pk)
        act = undo_import if request.POST.get("act") == "undo" else start_import
        try:
            act(imported_id=imported.pk, operator=operator_of(request), now=timezone.now())
        except InvalidInput as error:
            messages.error(request, str(error))
        return redirect("console:blocked-import", imported.pk)


class BlockedImportFaults(ConsoleAction):
    """The lines that name nobody, as CSV to be mended."""

    permission = MAY_IMPORT

    def post(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        imported, operator = _named(request, pk), operator_of(request)
        record_act(
            action="blocked_import.export", operator=operator, now=timezone.now(), subject=imported
        )
        header = [_("Line"), "external_userid", "unionid", "phone", _("Fault")]
        return csv_response(f"faults-{imported.pk}.csv", header, _fault_lines(imported, operator))


def _fault_lines(imported: BlockedImport, operator: Operator) -> Iterator[list[Any]]:
    shows = operator.has_perm("contacts.see_full_phone")
    lines = imported.lines.filter(state__in=BlockedImportLine.FAULTS).order_by("number")
    for line in lines.iterator(chunk_size=1000):
        phone = line.phone if shows else mask(line.phone)
        words = line.get_state_display()
        yield [line.number, line.external_userid, line.unionid, phone, words]


def _given(line: BlockedImportLine) -> str:
    return line.external_userid or line.unionid or mask(line.phone) or "–"


def _visible(operator: Operator) -> Any:
    """Files name customers, so who sees only some customers sees own files alone."""
    rows = BlockedImport.objects.all()
    return rows if operator.sees_everything else rows.filter(created_by=operator)


def _named(request: HttpRequest, pk: int) -> BlockedImport:
    found: BlockedImport = get_object_or_404(_visible(operator_of(request)), pk=pk)
    return found
