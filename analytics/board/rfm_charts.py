"""The RFM grid (RFM 矩阵) and its named groups; each cell leads to its customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.board import drill
from analytics.board.by_segment import change
from analytics.board.courses import before_name, everyone
from analytics.board.figures import Figures
from analytics.metrics.ratios import ratio
from analytics.metrics.rfm import SCORES
from analytics.metrics.rfm_groups import GROUPS, RfmGroup
from analytics.selectors.rfm_grid import Cell
from scrm.console import charts
from scrm.console.datasets import Dataset, counts, decimals, money, shares, words

GROUP_WORDS: Mapping[str, tuple[str | Promise, str | Promise]] = MappingProxyType(
    {
        "champions": (_("Champions"), _("Thank them, show them what is new first.")),
        "loyal": (_("Loyal"), _("Offer more of what they buy; ask them to recommend you.")),
        "potential": (_("Potentially loyal"), _("Help them to the next purchase.")),
        "new": (_("First-time buyers"), _("Care well now: the second order decides.")),
        "promising": (_("Promising"), _("Remind them of what they liked.")),
        "attention": (_("Needs attention"), _("Write before they grow silent.")),
        "about_to_sleep": (_("About to sleep"), _("A useful reason to come back, no noise.")),
        "cannot_lose": (_("Must not be lost"), _("A personal word of the staff member.")),
        "at_risk": (_("At risk"), _("Win them back one by one.")),
        "hibernating": (_("Hibernating"), _("Rarely; each touch costs trust.")),
    }
)


def rule_of(recency: tuple[int, int], frequency: tuple[int, int]) -> str:
    """The customers whose scores lie in both ranges."""
    return drill.customers(
        drill.between("value.rfm_r", *recency), drill.between("value.rfm_f", *frequency)
    )


def group_link(group: RfmGroup) -> str:
    return rule_of(group.recency, group.frequency)


def grid(figures: Figures) -> Dataset:
    cells = figures.rfm
    most = max((cell.buyers for cell in cells), default=0)
    scores = range(SCORES, 0, -1)
    links = {
        (5 - cell.frequency, 5 - cell.recency): rule_of(
            (cell.recency, cell.recency), (cell.frequency, cell.frequency)
        )
        for cell in cells
        if _is_now(figures)
    }
    return Dataset(
        key="rfm-grid",
        title=_("RFM: recency × frequency"),
        metric="rfm",
        columns=(
            words(_("Scores")),
            counts(_("Buyers")),
            money(_("Net revenue")),
            money(_("Net revenue per buyer")),
            shares(_("Mean probability of being active")),
            decimals(_("Mean money score")),
        ),
        rows=[
            (
                f"R{cell.recency} F{cell.frequency}",
                cell.buyers,
                cell.net_fen,
                cell.mean_fen if cell.buyers else None,
                cell.p_alive,
                cell.monetary,
            )
            for cell in cells
        ],
        links=[*links.values()],
        option=charts.heat_map(
            [f"R{score}" for score in scores],
            [f"F{score}" for score in scores],
            [
                (5 - cell.frequency, 5 - cell.recency, float(cell.buyers), _said(cell), True)
                for cell in cells
            ],
            most=float(most),
            links=links,
        ),
        note=_standing(figures),
    )


def _is_now(figures: Figures) -> bool:
    return figures.asked.period.last_on >= figures.today


def _standing(figures: Figures) -> str:
    """Which day a grid speaks of, and what of it is not known."""
    if _is_now(figures):
        return ""
    return gettext(
        "As it stood at the end of %(day)s, scored by the limits of today. Cells lead to their "
        "customers on the grid of today only."
    ) % {"day": f"{figures.asked.period.last_on:%Y-%m-%d}"}


def _said(cell: Cell) -> str:
    if not cell.buyers:
        return "0"
    lines = [f"{cell.buyers:,}", f"¥{cell.mean_fen / 100:,.0f}"]
    if cell.p_alive is not None:
        lines.append(f"{cell.p_alive:.0%}")
    return "\n".join(lines)


def groups(figures: Figures) -> Dataset:
    cells, before = figures.rfm, figures.rfm_before
    found = [_together(group, cells) for group in GROUPS] if cells else []
    earlier = [sum(cell.buyers for cell in _of(group, before or [])) for group in GROUPS]
    links = [group_link(group) for group in GROUPS] if found and _is_now(figures) else []
    names = [str(GROUP_WORDS[group.key][0]) for group in GROUPS]
    compared = (counts(before_name(figures)), shares(_("Change"))) if before is not None else ()
    return Dataset(
        key="rfm-groups",
        title=_("Named groups"),
        metric="rfm-groups",
        columns=(
            words(_("RFM group")),
            counts(_("Buyers")),
            *compared,
            money(_("Net revenue")),
            money(_("Net revenue per buyer")),
            shares(_("Mean probability of being active")),
            words(_("What to do")),
        ),
        rows=[
            (
                name,
                buyers,
                *((then, change(buyers, then)) if compared else ()),
                *rest,
                str(GROUP_WORDS[group.key][1]),
            )
            for group, name, (buyers, *rest), then in zip(
                GROUPS, names, found, earlier, strict=False
            )
        ],
        links=links,
        option=_bars(figures, names, [buyers for buyers, *_rest in found], earlier, links),
        note=_standing(figures),
    )


def _bars(
    figures: Figures, names: list[str], buyers: list[int], earlier: list[int], links: list[str]
) -> charts.Option:
    if figures.asked.before is None:
        return charts.ladder(names, buyers, name=gettext("Buyers"), links=links)
    drawn = [(gettext("Buyers"), buyers), (before_name(figures), earlier)]
    return charts.bars(names, drawn, formatter="@integer", links=links, are_names=True)


def _of(group: RfmGroup, cells: Sequence[Cell]) -> list[Cell]:
    return [cell for cell in cells if (cell.recency, cell.frequency) in group]


def _together(
    group: RfmGroup, cells: Sequence[Cell]
) -> tuple[int, int, float | None, float | None]:
    """Buyers, net fen, fen per buyer and mean probability of being active of a group."""
    mine = _of(group, cells)
    buyers = sum(cell.buyers for cell in mine)
    net = sum(cell.net_fen for cell in mine)
    alive = [(cell.p_alive, cell.buyers) for cell in mine if cell.p_alive is not None]
    known = sum(how_many for _alive, how_many in alive)
    mean = sum(p * how_many for p, how_many in alive) / known if known else None
    return buyers, net, ratio(net, buyers), mean


def groups_by_segment(figures: Figures) -> Dataset:
    """How all customers and each segment are spread over the named groups."""
    names = [str(GROUP_WORDS[group.key][0]) for group in GROUPS]
    parts = [
        (source.part.label or everyone(figures), _spread(source.rfm(figures.asked.period.last_on)))
        for source in (figures.source, *figures.segments)
    ]
    has_any = any(buyers for _name, spread in parts for buyers, _share in spread)
    links = [group_link(group) for group in GROUPS] if has_any and _is_now(figures) else []
    return Dataset(
        key="segments-rfm",
        title=_("Side by side: %(what)s") % {"what": _("Named groups")},
        metric="rfm-groups",
        columns=(
            words(_("RFM group")),
            *(
                column
                for name, _found in parts
                for column in (counts(name), shares(_("Share: %(name)s") % {"name": name}))
            ),
        ),
        rows=[
            (name, *(value for _part, spread in parts for value in spread[place]))
            for place, name in enumerate(names)
            if has_any
        ],
        links=links,
        option=charts.bars(
            names,
            [(name, [share or 0 for _buyers, share in spread]) for name, spread in parts],
            formatter="@percent",
            are_names=True,
            links=links,
        ),
        note=_standing(figures),
    )


def _spread(cells: Sequence[Cell]) -> list[tuple[int, float | None]]:
    """Buyers of each group, and their share of all."""
    total = sum(cell.buyers for cell in cells)
    buyers = [sum(cell.buyers for cell in _of(group, cells)) for group in GROUPS]
    return [(number, ratio(number, total)) for number in buyers]
