"""Buyers in layers, drawn (分层): each bar leads to its customers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.board import drill
from analytics.board.figures import Figures
from analytics.selectors.layers import Layer
from scrm.console import charts
from scrm.console.datasets import Dataset, counts, money, shares, words


def _layers(
    found: Sequence[Layer],
    *,
    key: str,
    title: str | Promise,
    metric: str,
    head: str | Promise,
    label: Callable[[Layer], str],
    link: Callable[[Layer], str],
) -> Dataset:
    labels, links = [label(layer) for layer in found], [link(layer) for layer in found]
    total = sum(layer.net_fen for layer in found) or 1
    return Dataset(
        key=key,
        title=title,
        metric=metric,
        columns=(
            words(head),
            counts(_("Buyers")),
            money(_("Net revenue")),
            shares(_("Share of net revenue")),
        ),
        rows=[
            (name, layer.buyers, layer.net_fen, layer.net_fen / total)
            for name, layer in zip(labels, found, strict=True)
        ],
        links=links,
        option=charts.ladder(
            labels, [layer.buyers for layer in found], name=gettext("Buyers"), links=links
        ),
    )


def value_bands(figures: Figures) -> Dataset:
    return _layers(
        figures.value_bands,
        key="value-bands",
        title=_("Buyers by what they have brought"),
        metric="ltv-historic",
        head=_("LTV so far"),
        label=_yuan_range,
        link=lambda layer: drill.customers(_value_of(layer)),
    )


def _value_of(layer: Layer) -> dict[str, object]:
    # What is below the first edge, after refunds of more than was paid, belongs to the first.
    if not layer.low and layer.high is not None:
        return drill.leaf("value.historic", "<=", layer.high)
    return drill.between("value.historic", layer.low, layer.high)


def _yuan_range(layer: Layer) -> str:
    if layer.high is None:
        return f"≥ ¥{layer.low // 100:,}"
    return f"¥{layer.low // 100:,}–{(layer.high + 1) // 100:,}"


def purchase_counts(figures: Figures) -> Dataset:
    return _layers(
        figures.purchase_counts,
        key="purchase-counts",
        title=_("Buyers by the number of their purchases"),
        metric="repeat-buyers",
        head=_("Purchases"),
        label=lambda layer: f"{layer.low}" if layer.high else f"≥ {layer.low}",
        link=lambda layer: drill.customers(drill.between("order.count", layer.low, layer.high)),
    )


def idle_bands(figures: Figures) -> Dataset:
    return _layers(
        figures.idle_bands,
        key="idle-bands",
        title=_("Buyers by the days since their last order"),
        metric="churn-inactive",
        head=_("Days since the last order"),
        label=lambda layer: f"≥ {layer.low}" if layer.high is None else f"{layer.low}–{layer.high}",
        link=lambda layer: drill.customers(
            drill.between("order.days_since_last", layer.low, layer.high)
        ),
    )
