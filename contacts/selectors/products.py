"""The product page (商品): the list with what each brought, price bands and roles beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts.models import AssortmentFigures, AssortmentSettings, Product
from scrm.console import charts
from scrm.console.datasets import Dataset, counts, money, shares, words

Grouping = AssortmentFigures.Grouping
ROLES = (Product.Role.TRAFFIC, Product.Role.EVENT, Product.Role.PROFIT, Product.Role.NONE)


@dataclass(frozen=True)
class ProductsWanted:
    """What the list was asked for; None or "" asks for nothing. `role` may be "none"."""

    text: str = ""
    role: str = ""
    band: int | None = None


def assortment_settings() -> AssortmentSettings:
    """The one row, or what it would hold."""
    return AssortmentSettings.objects.filter(pk=1).first() or AssortmentSettings()


def matching_products(wanted: ProductsWanted) -> QuerySet[Product]:
    """The products that fit, with `net_fen` to sort by; `text` is a part of name or SKU."""
    found = Product.objects.select_related("figures").annotate(net_fen=F("figures__net_fen"))
    if wanted.text:
        found = found.filter(Q(name__icontains=wanted.text) | Q(sku__icontains=wanted.text))
    if wanted.role:
        found = found.filter(role="" if wanted.role == "none" else wanted.role)
    if wanted.band is not None:
        found = found.filter(figures__band=wanted.band)
    return found


def bands() -> list[AssortmentFigures]:
    """Price bands from below, as last counted."""
    return list(AssortmentFigures.objects.filter(grouping=Grouping.BAND).order_by("place"))


def roles() -> list[AssortmentFigures]:
    """Roles that have sold something, in their order."""
    return list(AssortmentFigures.objects.filter(grouping=Grouping.ROLE).order_by("place"))


def band_words(band: AssortmentFigures) -> str:
    """¥50–100, with open ends in words."""
    low, high = _yuan(band.from_fen), _yuan(band.below_fen)
    if band.from_fen is None and band.below_fen is None:
        return gettext("All prices")
    if band.from_fen is None:
        return gettext("below ¥%(high)s") % {"high": high}
    if band.below_fen is None:
        return gettext("from ¥%(low)s") % {"low": low}
    return gettext("¥%(low)s to below ¥%(high)s") % {"low": low, "high": high}


def by_band() -> Dataset:
    """Net revenue, buyers and repurchase by price band."""
    found = bands()
    return _dataset(
        "products-by-band",
        _("Revenue by price band"),
        _("Price band"),
        found,
        [band_words(band) for band in found],
    )


def by_role() -> Dataset:
    """The same by role."""
    found = roles()
    names = [str(ROLES[row.place].label) for row in found]
    return _dataset("products-by-role", _("Revenue by role"), _("Role"), found, names)


def _dataset(
    key: str, title: object, label: object, found: Sequence[AssortmentFigures], names: list[str]
) -> Dataset:
    rows = [
        (
            name,
            row.products,
            row.net_fen,
            row.refunded_fen,
            row.orders,
            row.units,
            row.buyers,
            row.repurchase_rate,
        )
        for name, row in zip(names, found, strict=True)
    ]
    return Dataset(
        key=key,
        title=str(title),
        columns=(
            words(str(label)),
            counts(_("Products")),
            money(_("Net revenue")),
            money(_("Refunded")),
            counts(_("Orders")),
            counts(_("Units")),
            counts(_("Buyers")),
            shares(_("Repurchase rate")),
        ),
        rows=rows if any(row.orders for row in found) else [],
        option=charts.ladder(
            names,
            [row.net_fen for row in found],
            name=gettext("Net revenue"),
            formatter="@fen",
        ),
        metric=key,
    )


def _yuan(fen: int | None) -> str:
    if fen is None:
        return ""
    return f"{fen / 100:,.2f}".removesuffix(".00")
