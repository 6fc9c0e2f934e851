"""The product ladder (产品阶梯): what customers begin with and where they go on, drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.metrics.product_ladder import ROLES, climbed
from analytics.metrics.proportions import Share, share_of
from contacts.models import Product
from scrm.console import charts
from scrm.console.datasets import Dataset, counts, shares, words
from scrm.console.templatetags.console import percent

Found = Mapping[str, Any]
# (name, customers, came back, [(then, how many), …])
Line: TypeAlias = tuple[str, int, int, Sequence[tuple[str, int]]]

_SHOWN = 12


def first_products(found: Found) -> Dataset:
    """Products by the share of first-time buyers who came back at all."""
    lines: list[Line] = found.get("products", [])
    rows = [
        (name, *_returned(customers, back), _onwards(then, back))
        for name, customers, back, then in lines
    ]
    shown = lines[:_SHOWN]
    return Dataset(
        key="ladder-products",
        title=_("First product: who comes back, and for what"),
        metric="product-ladder",
        columns=(
            words(_("First product")),
            counts(_("Customers")),
            counts(_("Came back")),
            shares(_("Share that came back")),
            shares(_("Lower bound (95 %)")),
            shares(_("Upper bound (95 %)")),
            words(_("Second purchase")),
        ),
        rows=rows,
        option=charts.ladder(
            [line[0] for line in shown],
            [round(line[2] / line[1], 4) for line in shown],
            name=gettext("Share that came back"),
            formatter="@percent",
        ),
    )


def _returned(
    customers: int, back: int
) -> tuple[int, int, float | None, float | None, float | None]:
    share = share_of(back, customers)
    return customers, back, share.share, share.low, share.high


def _onwards(then: Sequence[tuple[str, int]], back: int) -> str:
    return ", ".join(f"{name} {percent(how_many / back, 0)}" for name, how_many in then[:3])


def roles(found: Found) -> Dataset:
    """From the role of the first purchase day to that of the second."""
    lines: dict[str, Line] = {line[0]: line for line in found.get("roles", [])}
    held = [role for role in ROLES if role in lines]
    named = [_role(role) for role in held]
    cells, rows = [], []
    for row, role in enumerate(held):
        _name, customers, back, then = lines[role]
        taken = dict(then)
        parts = [*((taken.get(onwards, 0)) for onwards in ROLES), customers - back]
        cells += [
            (column, row, part / customers, percent(part / customers, 0), True)
            for column, part in enumerate(parts)
        ]
        rows.append((_role(role), customers, *parts))
    heads = [*(_role(role) for role in ROLES), gettext("Not back yet")]
    return Dataset(
        key="ladder-roles",
        title=_("From the first to the second purchase, by role of the products"),
        metric="product-ladder",
        columns=(words(_("First purchase")), counts(_("Customers")), *(counts(h) for h in heads)),
        rows=rows,
        option=charts.heat_map(named, heads, cells, most=max((c[2] for c in cells), default=1.0)),
    )


def _role(role: str) -> str:
    return str(Product.Role(role).label)


def has_roles(found: Found) -> bool:
    """Whether any product of a first or second purchase day has one."""
    return any(
        role or any(onwards for onwards, _how_many in then)
        for role, _customers, _back, then in found.get("roles", [])
    )


def upgraded(found: Found) -> Share:
    """Of those who began below profit and came back, who bought a profit product then."""
    return climbed(
        (role, onwards, how_many)
        for role, _customers, _back, then in found.get("roles", [])
        for onwards, how_many in then
    )


CHARTS: Mapping[str, Callable[[Found], Dataset]] = MappingProxyType(
    {"ladder-roles": roles, "ladder-products": first_products}
)
