"""What a scheduled report may hold (报表内容): the datasets behind the pages of figures.

A dataset is asked for as its download is asked for by the browser of the plan's owner, so a report
shows what that role may see, within its data scope, and never a list of customers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from django.http import HttpRequest, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analytics.models import ReportPlan
from analytics.periods import Period, asked_period
from scrm.console.datasets import Dataset
from scrm.console.downloads import DatasetDownload
from scrm.console.models import Operator
from scrm.console.pages import Page, entries

Covers = ReportPlan.Covers

# Page and dataset, and what it is called before it has been read; in groups, as they are offered.
GROUPS: tuple[tuple[str | Promise, dict[str, str | Promise]], ...] = (
    (
        _("Customer value"),
        {
            "report-figures/key-figures": _("Key figures"),
            "analytics-download/ltv-course": _("LTV so far, over the period"),
            "analytics-download/ltv-by-cohort": _("LTV by month of the first order"),
            "analytics-download/value-bands": _("Buyers by what they have brought"),
            "analytics-depth-download/pareto-curve": _("Share of revenue from the best buyers"),
        },
    ),
    (
        _("Revenue"),
        {
            "analytics-download/period-revenue": _("Net revenue"),
            "analytics-download/new-and-returning": _(
                "Net revenue of first and of later purchases"
            ),
            "analytics-download/revenue": _("Net revenue: new and returning customers"),
            "products-download/products-by-role": _("Revenue by role"),
            "products-download/products-by-band": _("Revenue by price band"),
        },
    ),
    (
        _("Repurchase"),
        {
            "analytics-download/period-repurchases": _("Repurchases"),
            "analytics-download/repurchase-curve": _("How soon customers come back"),
            "analytics-download/cohort-retention": _("Cohorts: share that buys again"),
            "analytics-download/cohort-value": _("Cohorts: revenue per customer so far"),
            "analytics-download/purchase-counts": _("Buyers by the number of their purchases"),
        },
    ),
    (
        _("Churn"),
        {
            "analytics-download/period-unfriended": _("Unfriended by customers"),
            "analytics-download/unfriend-rate": _("Unfriended by month"),
            "analytics-download/unfriending": _("How long friendships last"),
            "analytics-download/alive": _("How likely buyers are still active"),
            "losses-download/losses-by-staff": _("Losses by staff, 30 days"),
            "losses-download/losses-by-channel": _("Losses by channel, 30 days"),
        },
    ),
    (
        _("Lifecycle"),
        {
            "analytics-download/lifecycle": _("Lifecycle stages"),
            "analytics-download/stage-moves": _("Moves between the stages"),
            "analytics-download/rfm-grid": _("RFM: recency × frequency"),
            "analytics-download/rfm-groups": _("Named groups"),
        },
    ),
    (
        _("Acquisition"),
        {
            "analytics-download/period-growth": _("Net growth of customers"),
            "channel-value-download/channel-value": _(
                "Cost of winning a customer, and what she has brought so far"
            ),
            "channel-value-download/source-funnel": _("From adding to the second order"),
            "group-statistics-download/group-growth": _("Joined and left"),
        },
    ),
    (
        _("Broadcasts and staff"),
        {
            "broadcast-effects-download/broadcast-effects": _("Revenue added by each broadcast"),
            "staff-value-download/staff-value": _("Revenue of the customers each looked after"),
        },
    ),
)
TITLES: MappingProxyType[str, str | Promise] = MappingProxyType(
    {key: title for _group, titles in GROUPS for key, title in titles.items()}
)


@dataclass(frozen=True)
class Content:
    """One thing to put into a report, and the permission it takes."""

    key: str
    title: str | Promise
    permission: str
    view: type[DatasetDownload]

    def read(self, owner: Operator, period: Period) -> Dataset:
        """As `owner` sees it now; figures that know no period are of this moment."""
        request = HttpRequest()
        request.method = "GET"
        request.user = owner
        asked = f"from={period.first_on}&to={period.last_on}&preset=custom"
        request.GET = QueryDict(asked)
        return self.view.datasets[self.key.partition("/")[2]](request)


def contents() -> dict[str, Content]:
    """Everything that can be put into a report, by key."""
    downloads = {page.name: page for page in _downloads()}
    found = {}
    for key, title in TITLES.items():
        name, _slash, dataset = key.partition("/")
        page = downloads.get(name)
        view = _view_of(page) if page is not None else None
        if page is not None and view is not None and dataset in view.datasets:
            found[key] = Content(key, title, page.permission, view)
    return found


def offered(operator: Operator) -> dict[str, Content]:
    """What this operator may put into a report."""
    return {key: one for key, one in contents().items() if operator.has_perm(one.permission)}


def covered(covers: str, today: date) -> Period:
    """The days that a report made on `today` speaks of."""
    yesterday = today - timedelta(days=1)
    monday = today - timedelta(days=today.weekday())
    if covers == Covers.LAST_WEEK:
        return Period(monday - timedelta(days=7), monday - timedelta(days=1))
    if covers == Covers.LAST_MONTH:
        return asked_period({"preset": "last_month"}, today=today).period
    days = {Covers.LAST_7_DAYS.value: 7, Covers.LAST_30_DAYS.value: 30}.get(covers, 1)
    return Period(yesterday - timedelta(days=days - 1), yesterday)


def titles_of(keys: Sequence[str]) -> list[str]:
    """Names for people; one that is no longer there keeps its key."""
    return [str(TITLES.get(key, key)) for key in keys]


def _downloads() -> Iterator[Page]:
    for entry in entries():
        # One with another blank in its address is of one row, not of the whole.
        if isinstance(entry, Page) and entry.path.count("<") == 1 and _view_of(entry):
            yield entry


def _view_of(page: Page) -> type[DatasetDownload] | None:
    view = getattr(page.view, "view_class", None)
    return view if isinstance(view, type) and issubclass(view, DatasetDownload) else None
