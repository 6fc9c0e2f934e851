"""The RFM grid (RFM 矩阵) and its named groups; each cell leads to its customers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.board import drill
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
        links=[links[5 - cell.frequency, 5 - cell.recency] for cell in cells],
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
    )


def _said(cell: Cell) -> str:
    if not cell.buyers:
        return "0"
    lines = [f"{cell.buyers:,}", f"¥{cell.mean_fen / 100:,.0f}"]
    if cell.p_alive is not None:
        lines.append(f"{cell.p_alive:.0%}")
    return "\n".join(lines)


def groups(figures: Figures) -> Dataset:
    cells = figures.rfm
    rows, links, drawn = [], [], []
    for group in GROUPS if cells else ():
        mine = [cell for cell in cells if (cell.recency, cell.frequency) in group]
        buyers = sum(cell.buyers for cell in mine)
        net = sum(cell.net_fen for cell in mine)
        alive = [(cell.p_alive, cell.buyers) for cell in mine if cell.p_alive is not None]
        known = sum(how_many for _alive, how_many in alive)
        mean = sum(p * how_many for p, how_many in alive) / known if known else None
        name, advice = (str(text) for text in GROUP_WORDS[group.key])
        rows.append((name, buyers, net, ratio(net, buyers), mean, advice))
        links.append(group_link(group))
        drawn.append((name, buyers))
    return Dataset(
        key="rfm-groups",
        title=_("Named groups"),
        metric="rfm-groups",
        columns=(
            words(_("RFM group")),
            counts(_("Buyers")),
            money(_("Net revenue")),
            money(_("Net revenue per buyer")),
            shares(_("Mean probability of being active")),
            words(_("What to do")),
        ),
        rows=rows,
        links=links,
        option=charts.ladder(
            [name for name, _buyers in drawn],
            [buyers for _name, buyers in drawn],
            name=gettext("Buyers"),
            links=links,
        ),
    )
