"""Import orders from a file (订单导入): upload, look at what would happen, import."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.services.order_faults import InvalidOrderFile
from contacts.services.orders import ImportReport, import_orders
from scrm.audit.services import record_act
from scrm.console.views import ConsolePage, operator_of

SIZE_LIMIT = 30 * 1024 * 1024
_KEPT_SECONDS = 24 * 3600
_SESSION_KEY = "order_import"


class OrderFileForm(forms.Form):
    source = forms.SlugField(
        label=gettext_lazy("Source"),
        max_length=32,
        initial="shop",
        help_text=gettext_lazy("The shop's short name; order numbers are unique within it."),
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV in UTF-8 or GB18030, plain or .gz, up to 30 MB."),
        widget=forms.FileInput(attrs={"accept": ".csv,.gz,text/csv"}),
    )

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > SIZE_LIMIT:
            raise forms.ValidationError(
                _("The file is larger than 30 MB. Use the command import_orders for it.")
            )
        return file


class OrderImportPage(ConsolePage):
    """Step 1 takes the file and shows a dry run; step 2 imports what was shown."""

    template_name = "contacts/order_import.html"
    permission = "contacts.add_order"
    page_title = gettext_lazy("Import orders")
    http_method_names = ["get", "post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        if "import" in request.POST:
            return self._import(request)
        form = OrderFileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        path = _keep(form.cleaned_data["file"])
        source = form.cleaned_data["source"]
        try:
            report = import_orders(path=path, source=source, now=timezone.now(), dry_run=True)
        except InvalidOrderFile as error:
            path.unlink(missing_ok=True)
            return self.render_to_response(self.get_context_data(form=form, refused=error))
        request.session[_SESSION_KEY] = {"name": path.name, "source": source}
        return self.render_to_response(
            self.get_context_data(form=form, preview=report, source=source)
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"form": OrderFileForm(), **kwargs})

    def _import(self, request: HttpRequest) -> HttpResponse:
        kept = request.session.pop(_SESSION_KEY, None)
        path = _folder() / kept["name"] if kept else None
        if kept is None or path is None or not path.exists():
            messages.error(request, _("The file is gone; upload it again."))
            return redirect("console:order-import")
        now = timezone.now()
        try:
            report = import_orders(path=path, source=kept["source"], now=now)
        except InvalidOrderFile as error:
            return self.render_to_response(self.get_context_data(refused=error))
        finally:
            path.unlink(missing_ok=True)
        _record(request, report, kept["source"])
        return self.render_to_response(self.get_context_data(done=report, source=kept["source"]))


def _record(request: HttpRequest, report: ImportReport, source: str) -> None:
    record_act(
        action="order.import",
        operator=operator_of(request),
        now=timezone.now(),
        details={"source": source, "orders": report.orders, "new": report.new},
    )


def _folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "order-imports"


def _keep(upload: UploadedFile[bytes]) -> Path:
    """Write the upload where the next request finds it; leftovers of yesterday go."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for old in folder.iterdir():
        if time.time() - old.stat().st_mtime > _KEPT_SECONDS:
            old.unlink(missing_ok=True)
    path = folder / secrets.token_hex(16)
    with path.open("wb") as file:
        for chunk in upload.chunks():
            file.write(chunk)
    return path
