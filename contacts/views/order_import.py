"""Import orders from a file (订单导入): give a file, and look at the files so far."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import BillPull, OrderImport
from contacts.selectors.order_formats import FORMAT_LABELS, format_label
from contacts.selectors.order_imports import visible_imports
from contacts.services.order_faults import InvalidOrderFile
from contacts.services.order_uploads import SIZE_LIMIT, keep_upload
from contacts.services.wecom_bills import switch_pull
from scrm.console.paging import Sort, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of

MAY_IMPORT = "contacts.add_order"
_SHOPS = ("taobao", "jd", "douyin", "youzan", "youzan_goods", "wecom")


class OrderFileForm(forms.Form):
    source = forms.SlugField(
        label=gettext_lazy("Source"),
        max_length=32,
        initial="shop",
        help_text=gettext_lazy("The shop's short name; order numbers are unique within it."),
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV or Excel (.xlsx), plain, .gz or .zip, up to 500 MB."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.gz,.zip,.xlsx,text/csv"}),
    )

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > SIZE_LIMIT:
            raise forms.ValidationError(
                _("The file is larger than 500 MB. Use the command import_orders for it.")
            )
        return file


class OrderImportPage(ConsolePage):
    """Give a file; the files so far, and what WeCom's payments do."""

    template_name = "contacts/order_imports.html"
    permission = MAY_IMPORT
    page_title = gettext_lazy("Import orders")
    http_method_names = ["get", "post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        form = OrderFileForm(request.POST, request.FILES)
        if form.is_valid():
            upload: UploadedFile[bytes] = form.cleaned_data["file"]
            try:
                imported = keep_upload(
                    chunks=upload.chunks(),
                    name=upload.name or "",
                    source=form.cleaned_data["source"],
                    operator=operator_of(request),
                    now=timezone.now(),
                )
            except InvalidOrderFile as error:
                form.add_error("file", str(error))
            else:
                return redirect("console:order-import-file", imported.pk)
        return self.render_to_response(self.get_context_data(form=form))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", OrderFileForm(initial={"source": self._last_source()}))
        page = window(
            visible_imports(operator_of(self.request)),
            sort=Sort("created_at"),
            cursor=self.request.GET.get("after", ""),
            size=20,
        )
        return super().get_context_data(
            window=page,
            rows=[(row, format_label(row.format), row.result or row.report) for row in page.rows],
            shops=[FORMAT_LABELS[name] for name in _SHOPS],
            pull=BillPull.objects.filter(pk=1).first(),
            **kwargs,
        )

    def _last_source(self) -> str:
        """What this operator imported last, else the usual name."""
        own = OrderImport.objects.filter(created_by=operator_of(self.request))
        last = own.aggregate(last=Max("pk"))["last"]
        return own.get(pk=last).source if last else "shop"


class SwitchBillPull(ConsoleAction):
    """Have WeCom's payments pulled or not; switching it on asks WeCom again at once."""

    permission = MAY_IMPORT

    def post(self, request: HttpRequest) -> HttpResponseBase:
        switch_pull(is_on=request.POST.get("act") == "on", **self.acting())
        return redirect("console:order-import")
