"""What a scheduled report may hold (报表内容): the datasets behind the pages of figures.

A dataset is asked for as its download is asked for by the browser of the plan's owner, so a report
shows what that role may see, within its data scope, and never a list of customers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest, QueryDict
from django.utils.functional import Promise

from analytics.models import ReportPlan
from analytics.periods import Period, asked_period
from analytics.selectors.report_catalogue import TITLES
from scrm.console.datasets import Dataset
from scrm.console.downloads import DatasetDownload
from scrm.console.models import Operator
from scrm.console.pages import Page, entries

Covers = ReportPlan.Covers


@dataclass(frozen=True)
class Content:
    """One thing to put into a report, and the permission it takes."""

    key: str
    title: str | Promise
    permission: str
    view: type[DatasetDownload]

    @property
    def dataset(self) -> str:
        return self.key.partition("/")[2]

    def is_for(self, operator: Operator) -> bool:
        """Whether this operator may download it."""
        return operator.has_perm(self.permission) and self.view.is_shown(self.dataset, operator)

    def read(self, owner: Operator, period: Period, segments: Sequence[int] = ()) -> Dataset:
        """As `owner` sees it now, who may: `is_for`. Figures that know no period are of this
        moment, those that know segments have a line or a column for each.
        """
        request = HttpRequest()
        request.method = "GET"
        request.user = owner
        asked = [f"from={period.first_on}&to={period.last_on}&preset=custom"]
        asked += [f"segment={number}" for number in segments]
        request.GET = QueryDict("&".join(asked))
        return self.view.datasets[self.dataset](request)


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
    return {key: one for key, one in contents().items() if one.is_for(operator)}


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
