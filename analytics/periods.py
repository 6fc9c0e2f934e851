"""The days a page of figures speaks of, and the days it compares them with (时间范围, 对比)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import TypeAlias
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from scrm.errors import InvalidInput
from scrm.segments.days import start_of, start_of_next

LONGEST_DAYS = 3660
# The longest period that is drawn by day, and by week.
_BY_DAY, _BY_WEEK = 31, 190
CUSTOM = "custom"
# What this page of an address says; everything else in it is somebody else's and travels along.
NAMES = ("from", "to", "preset", "compare")
# Where the reader stands in a list that another period makes another list.
_LEFT_BEHIND = frozenset({*NAMES, "after", "page"})

Query: TypeAlias = Mapping[str, str]
Pair: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class Period:
    """Business days from `first_on` to `last_on`, both in it."""

    first_on: date
    last_on: date

    @property
    def days(self) -> int:
        return (self.last_on - self.first_on).days + 1

    @property
    def start(self) -> datetime:
        """The first moment in it, aware."""
        return start_of(self.first_on)

    @property
    def end(self) -> datetime:
        """The first moment after it, aware."""
        return start_of_next(self.last_on)

    @property
    def previous(self) -> Period:
        """As many days, ending on the day before it (上期, 环比)."""
        return Period(self.first_on - timedelta(self.days), self.first_on - timedelta(1))

    @property
    def year_before(self) -> Period:
        """The same dates a year earlier (去年同期, 同比); 29 February becomes the 28th."""
        return Period(_year_earlier(self.first_on), _year_earlier(self.last_on))

    @property
    def parts(self) -> list[Period]:
        """What a chart has one mark for: days up to a month, weeks up to half a year, months.

        Weeks begin on the period's own first day, so that those of two equally long periods can be
        laid over each other; months are of the calendar, the first and the last may be cut.
        """
        if self.days <= _BY_DAY:
            starts = list(self)
        elif self.days <= _BY_WEEK:
            starts = list(self)[::7]
        else:
            starts = [day for day in self if day.day == 1 or day == self.first_on]
        ends = [day - timedelta(1) for day in starts[1:]] + [self.last_on]
        return [Period(first, last) for first, last in zip(starts, ends, strict=True)]

    def __contains__(self, day: date) -> bool:
        return self.first_on <= day <= self.last_on

    def __iter__(self) -> Iterator[date]:
        return (self.first_on + timedelta(number) for number in range(self.days))

    def __str__(self) -> str:
        return f"{self.first_on:%Y-%m-%d} – {self.last_on:%Y-%m-%d}"


@dataclass(frozen=True)
class AskedPeriod:
    """What an address asked for; `before` is what to compare with, None for no comparison.

    `preset` is a key of PRESETS or "custom", `compare` a key of COMPARISONS.
    """

    period: Period
    before: Period | None
    preset: str
    compare: str

    @property
    def pairs(self) -> list[Pair]:
        """The same question again, for addresses and hidden fields."""
        return [*self.span_pairs, *self.compare_pairs]

    @property
    def span_pairs(self) -> list[Pair]:
        if self.preset != CUSTOM:
            return [("preset", self.preset)]
        return [("from", f"{self.period.first_on}"), ("to", f"{self.period.last_on}")]

    @property
    def compare_pairs(self) -> list[Pair]:
        return [] if self.compare == "none" else [("compare", self.compare)]

    @property
    def query(self) -> str:
        """The same question as the end of an address, without the question mark."""
        return urlencode(self.pairs)


def _last(days: int) -> Callable[[date], Period]:
    return lambda today: Period(today - timedelta(days - 1), today)


def _last_month(today: date) -> Period:
    last_on = today.replace(day=1) - timedelta(1)
    return Period(last_on.replace(day=1), last_on)


_SPANS: Mapping[str, Callable[[date], Period]] = MappingProxyType(
    {
        "7d": _last(7),
        "30d": _last(30),
        "90d": _last(90),
        "365d": _last(365),
        "month": lambda today: Period(today.replace(day=1), today),
        "last_month": _last_month,
    }
)

PRESETS: Mapping[str, str | Promise] = MappingProxyType(
    {
        "7d": pgettext_lazy("period", "7 days"),
        "30d": pgettext_lazy("period", "30 days"),
        "90d": pgettext_lazy("period", "90 days"),
        "365d": pgettext_lazy("period", "365 days"),
        "month": gettext_lazy("This month"),
        "last_month": gettext_lazy("Last month"),
    }
)

COMPARISONS: Mapping[str, str | Promise] = MappingProxyType(
    {
        "none": pgettext_lazy("comparison", "Without"),
        "previous": gettext_lazy("Period before"),
        "year": gettext_lazy("Year before"),
    }
)


def asked_period(query: Query, *, today: date, default_days: int = 90) -> AskedPeriod:
    """From the GET fields `from`, `to`, `preset` and `compare`; without any, the last days.

    Days are business days and may not lie after `today`. Raises InvalidInput, which names the
    field.
    """
    compare = query.get("compare") or "none"
    if compare not in COMPARISONS:
        raise InvalidInput(_("Choose one of the comparisons."), field="compare")
    preset, period = _span(query, today=today, default_days=default_days)
    before = {"previous": period.previous, "year": period.year_before}.get(compare)
    return AskedPeriod(period, before, preset, compare)


def _span(query: Query, *, today: date, default_days: int) -> tuple[str, Period]:
    preset = query.get("preset") or ""
    has_days = bool(query.get("from") or query.get("to"))
    if preset in _SPANS:
        return preset, _SPANS[preset](today)
    if preset not in ("", CUSTOM):
        raise InvalidInput(_("Choose one of the periods."), field="preset")
    if not has_days:
        named = f"{default_days}d"
        return named if named in _SPANS else CUSTOM, _last(default_days)(today)
    return CUSTOM, _custom(query, today=today, default_days=default_days)


def _custom(query: Query, *, today: date, default_days: int) -> Period:
    last_on = _day(query, "to") or today
    first_on = _day(query, "from") or last_on - timedelta(default_days - 1)
    if last_on > today:
        raise InvalidInput(_("The last day lies in the future."), field="to")
    if first_on > last_on:
        raise InvalidInput(_("The first day lies after the last."), field="from")
    if (last_on - first_on).days >= LONGEST_DAYS:
        raise InvalidInput(_("Ten years at most."), field="from")
    return Period(first_on, last_on)


def _day(query: Query, name: str) -> date | None:
    text = query.get(name) or ""
    if not text:
        return None
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    # Wide enough for every business, narrow enough that a comparison never leaves the calendar.
    if day is None or not 1990 <= day.year <= 2999:
        raise InvalidInput(_("Give a day as 2026-03-31."), field=name)
    return day


def _year_earlier(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


@dataclass(frozen=True)
class Choice:
    """One link of the form; `query` is the end of its address."""

    label: str | Promise
    query: str
    is_current: bool


@dataclass(frozen=True)
class PeriodForm:
    """What `analytics/period_form.html` shows: `asked`, and the error of what could not be read.

    `kept` are the other fields of the address, which travel along.
    """

    asked: AskedPeriod
    kept: Sequence[Pair] = ()
    error: InvalidInput | None = None

    @property
    def presets(self) -> list[Choice]:
        rest = [*self.kept, *self.asked.compare_pairs]
        return [
            Choice(label, urlencode([("preset", key), *rest]), key == self.asked.preset)
            for key, label in PRESETS.items()
        ]

    @property
    def comparisons(self) -> list[Choice]:
        rest = [*self.kept, *self.asked.span_pairs]
        return [
            Choice(label, urlencode([("compare", key), *rest]), key == self.asked.compare)
            for key, label in COMPARISONS.items()
        ]

    @property
    def travelling(self) -> list[Pair]:
        """Hidden fields of the form of two days."""
        return [*self.kept, *self.asked.compare_pairs]

    @property
    def errors(self) -> dict[str, str]:
        return {self.error.field: str(self.error)} if self.error else {}


def travelling(query: QueryDict) -> list[Pair]:
    """What an address says besides the days and the place in a list."""
    return [
        (name, value)
        for name, values in query.lists()
        if name not in _LEFT_BEHIND
        for value in values
    ]


def period_form(query: QueryDict, *, today: date, default_days: int = 90) -> PeriodForm:
    """For a page: what cannot be read is said at its field, and the last days are shown."""
    kept = travelling(query)
    plain = {name: query.get(name, "") for name in NAMES}
    try:
        return PeriodForm(asked_period(plain, today=today, default_days=default_days), kept)
    except InvalidInput as error:
        usual = asked_period({}, today=today, default_days=default_days)
        return PeriodForm(usual, kept, error)
