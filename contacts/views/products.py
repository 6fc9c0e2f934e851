"""Products (商品): what each brought, its role, and the price bands."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contacts.models import Product
from contacts.rules.order_cells import money
from contacts.selectors.products import (
    ProductsWanted,
    assortment_settings,
    band_words,
    bands,
    by_band,
    by_role,
    matching_products,
)
from contacts.services.products import MOST_AT_ONCE, set_bands, set_role
from scrm.console.downloads import DatasetDownload, Datasets
from scrm.console.fields import row_number, without_nul
from scrm.console.paging import Sort, counted, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import InvalidInput

MAY_LOOK = "contacts.view_product"
MAY_CHANGE = "contacts.change_product"
BEST_FIRST = Sort("net_fen", has_nulls=True)


class ProductFilter(forms.Form):
    text = forms.CharField(label=gettext_lazy("Name or SKU"), required=False, max_length=128)
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        required=False,
        choices=[
            ("", "–"),
            *((role.value or "none", role.label) for role in Product.Role),
        ],
    )
    band = forms.TypedChoiceField(
        label=gettext_lazy("Price band"), required=False, coerce=int, empty_value=None
    )

    def __init__(self, data: Any, *, choices: list[tuple[int, str]]) -> None:
        super().__init__(data)
        band = self.fields["band"]
        if isinstance(band, forms.ChoiceField):
            band.choices = [("", "–"), *choices]

    def wanted(self) -> ProductsWanted:
        self.is_valid()
        given = self.cleaned_data
        return ProductsWanted(
            text=without_nul(given.get("text") or ""),
            role=given.get("role") or "",
            band=given.get("band"),
        )


class ProductList(ConsolePage):
    """Products, the best first; who sees only some customers sees no figures of the shop."""

    template_name = "contacts/products.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Products")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        sees_figures = operator.sees_everything
        known = bands() if sees_figures else []
        names = {band.place: band_words(band) for band in known}
        form = ProductFilter(self.request.GET, choices=list(names.items()))
        wanted = form.wanted()
        found = matching_products(wanted)
        page = window(
            found,
            sort=BEST_FIRST if sees_figures else Sort("name", is_descending=False),
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s products") % {"number": counted(found)},
        )
        settings = assortment_settings()
        return super().get_context_data(
            form=form,
            window=page,
            rows=[
                (product, getattr(product, "figures", None) if sees_figures else None)
                for product in page.rows
            ],
            is_filtered=wanted != ProductsWanted(),
            sees_figures=sees_figures,
            charts=[by_band(), by_role()] if sees_figures and page.is_first else [],
            band_names=names,
            settings=settings,
            is_counting=settings.asked != settings.answered,
            bounds=", ".join(_yuan(fen) for fen in settings.bounds_fen),
            roles=Product.Role.choices,
            may_change=operator.has_perm(MAY_CHANGE),
            **kwargs,
        )


class _Act(ConsoleAction):
    permission = MAY_CHANGE

    def back(self) -> HttpResponse:
        return redirect("console:products")


class SetRole(_Act):
    """One role for the ticked products (批量设置商品角色)."""

    def post(self, request: HttpRequest) -> HttpResponse:
        chosen = [row_number(pk) for pk in request.POST.getlist("product")[: MOST_AT_ONCE + 1]]
        try:
            changed = set_role(
                product_ids=[pk for pk in chosen if pk is not None],
                role=request.POST.get("role", "?"),
                operator=operator_of(request),
                now=timezone.now(),
            )
        except InvalidInput as error:
            messages.error(request, str(error))
        else:
            words = ngettext(
                "%(number)d product has the role now.",
                "%(number)d products have the role now.",
                changed,
            )
            messages.success(request, words % {"number": changed})
        return self.back()


class SetBands(_Act):
    """Own price bands, or none: then they hold a quarter of the units each."""

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            set_bands(
                bounds_fen=_bounds(request.POST.get("bounds", "")),
                operator=operator_of(request),
                now=timezone.now(),
            )
        except InvalidInput as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Saved; the figures are counted again in a moment."))
        return self.back()


class DownloadProducts(DatasetDownload):
    """The rows behind the charts."""

    permission = MAY_LOOK
    datasets: ClassVar[Datasets] = {
        "products-by-band": lambda _request: by_band(),
        "products-by-role": lambda _request: by_role(),
    }
    whole = frozenset(datasets)


def _bounds(text: str) -> list[int]:
    """ "50, 99.9, 200" in fen. Raises InvalidInput (bounds)."""
    bounds = []
    for part in text.replace("，", ",").replace("\0", "").split(","):
        if not part.strip():
            continue
        fen = money(part.strip())
        if isinstance(fen, str):
            message = _("“%(value)s” is not a price; write yuan such as 99 or 99.90.")
            raise InvalidInput(message % {"value": part.strip()[:20]}, field="bounds")
        bounds.append(fen)
    return bounds


def _yuan(fen: int) -> str:
    return f"{Decimal(fen) / 100:f}"
