"""The back-test of churn alerts (预警回测): tables, charts, and what they say in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.metrics import alert_backtest
from analytics.metrics.alert_backtest import Caught, Tested, Verdict
from analytics.metrics.proportions import Share
from analytics.models import ChurnAlert, ChurnAlertTest
from scrm.console import charts
from scrm.console.datasets import Dataset, counts, days, decimals, shares, words
from scrm.console.templatetags.console import percent

KINDS: Mapping[str, Promise] = {
    ChurnAlert.Kind.INACTIVE: _("Stopped buying"),
    ChurnAlert.Kind.UNFRIENDED: _("Unfriended"),
}
_SIMPLE: Mapping[str, Promise] = {
    ChurnAlert.Kind.INACTIVE: _("Longest gap first"),
    ChurnAlert.Kind.UNFRIENDED: _("Most messages first"),
}


def tested_days(test: ChurnAlertTest, kind: str) -> list[tuple[str, Tested]]:
    """Past days with enough data, oldest first."""
    return [
        (entry["day"], alert_backtest.from_json(entry[kind]))
        for entry in reversed(test.results)
        if entry[kind] is not None
    ]


def ways(test: ChurnAlertTest, kind: str) -> Dataset:
    """The three ways of choosing, all past days together."""
    found = [tested for _day, tested in tested_days(test, kind)]
    whole = alert_backtest.pooled(found)
    named = (
        (gettext("Churn alerts"), whole.ours),
        (str(_SIMPLE[kind]), whole.simple),
        (gettext("At random"), whole.random),
    )
    rows = [_way(name, caught, whole, is_drawn=caught is whole.random) for name, caught in named]
    return Dataset(
        key=f"alert-test-{kind}",
        title=_("Precision by way of choosing"),
        columns=(
            words(_("Way of choosing")),
            counts(_("Chosen")),
            counts(_("Right")),
            shares(_("Precision")),
            words(_("Interval of 95 per cent")),
            shares(_("Recall")),
            words(_("Interval of 95 per cent")),
            decimals(_("Lift over random")),
            shares(_("Money of leavers caught")),
        ),
        rows=rows if whole.ours.chosen else [],
        option=charts.ladder(
            [name for name, _caught in named],
            [caught.rate or 0 for _name, caught in named],
            name=gettext("Precision"),
            formatter="@percent",
        ),
        metric="churn-alert-test",
    )


def by_day(test: ChurnAlertTest, kind: str) -> Dataset:
    """The same for each past day."""
    found = tested_days(test, kind)
    return Dataset(
        key=f"alert-test-days-{kind}",
        title=_("Precision on each past day"),
        columns=(
            days(_("Past day")),
            counts(_("Customers")),
            counts(_("Left")),
            counts(_("Chosen")),
            shares(_("Churn alerts")),
            words(_("Interval of 95 per cent")),
            shares(_SIMPLE[kind]),
            shares(_("At random")),
        ),
        rows=[
            (
                date.fromisoformat(day),
                tested.customers,
                tested.left,
                tested.ours.chosen,
                tested.ours.rate,
                bounds(tested.ours.precision),
                tested.simple.rate,
                tested.random.rate,
            )
            for day, tested in found
        ],
        option=charts.bars(
            [day for day, _tested in found],
            [
                (gettext("Churn alerts"), [t.ours.rate or 0 for _d, t in found]),
                (str(_SIMPLE[kind]), [t.simple.rate or 0 for _d, t in found]),
                (gettext("At random"), [t.random.rate or 0 for _d, t in found]),
            ],
            formatter="@percent",
        ),
        metric="churn-alert-test",
        is_wide=True,
    )


def calibration(test: ChurnAlertTest, kind: str) -> Dataset:
    """What was said against what came, by tenths of the stated chance."""
    whole = alert_backtest.pooled([tested for _day, tested in tested_days(test, kind)])
    rows = [
        (place, d.customers, d.mean_stated, d.actual.share, bounds(d.actual))
        for place, d in enumerate(whole.deciles, start=1)
    ]
    return Dataset(
        key=f"alert-test-calibration-{kind}",
        title=_("Stated and actual chance, by tenths"),
        columns=(
            counts(_("Tenth")),
            counts(_("Customers")),
            shares(_("Stated")),
            shares(_("Actual")),
            words(_("Interval of 95 per cent")),
        ),
        rows=rows if whole.customers else [],
        option=charts.bars(
            [str(row[0]) for row in rows],
            [
                (gettext("Stated"), [row[2] or 0 for row in rows]),
                (gettext("Actual"), [row[3] or 0 for row in rows]),
            ],
            formatter="@percent",
        ),
        metric="churn-alert-test",
    )


def judgement(test: ChurnAlertTest, kind: str) -> list[str]:
    """What the back-test says in honest sentences, the comparison first."""
    found = [tested for _day, tested in tested_days(test, kind)]
    whole = alert_backtest.pooled(found)
    if not whole.ours.chosen:
        return [gettext("Nobody would have been alerted on these days.")]
    judged = alert_backtest.judge(found)
    values = {
        "simple": str(_SIMPLE[kind]),
        "ours": percent(whole.ours.rate),
        "theirs": percent(whole.simple.rate),
        "base": percent(whole.base.share),
        "days": judged.days,
        "wins": judged.days_with_more_money,
        "money": percent(whole.money_share(whole.ours)),
        "their_money": percent(whole.money_share(whole.simple)),
    }
    return [str(_VERDICTS[judged.precision]) % values, _of_money(judged, values)]


def _of_money(judged: alert_backtest.Judged, values: Mapping[str, Any]) -> str:
    if judged.catches_more_money:
        return (
            gettext(
                "They stand for more money: %(money)s of what all who left had spent in the year "
                "before, against %(their_money)s; more on %(wins)s of %(days)s days."
            )
            % values
        )
    return (
        gettext(
            "They do not stand for more money either: %(money)s of what all who left had spent in "
            "the year before, against %(their_money)s; more on %(wins)s of %(days)s days."
        )
        % values
    )


_VERDICTS: Mapping[Verdict, Promise] = {
    Verdict.TOO_FEW: _("Too few alerts or too few who left to say anything."),
    Verdict.BETTER: _(
        "The alerts name who leaves better than the rule “%(simple)s”: %(ours)s of them left, "
        "against %(theirs)s; of all who could have been alerted %(base)s left."
    ),
    Verdict.NO_BETTER: _(
        "The alerts name who leaves no better than the rule “%(simple)s”: %(ours)s of them left, "
        "against %(theirs)s; of all who could have been alerted %(base)s left."
    ),
    Verdict.WORSE: _(
        "The alerts name who leaves worse than the rule “%(simple)s”: %(ours)s of them left, "
        "against %(theirs)s; of all who could have been alerted %(base)s left. They weigh what "
        "would be lost, not only whether."
    ),
}


def bounds(share: Share) -> str:
    if share.low is None or share.high is None:
        return "–"
    return f"{percent(share.low)} – {percent(share.high)}"


def _way(name: str, caught: Caught, whole: Tested, *, is_drawn: bool) -> tuple[Any, ...]:
    """A row of the table; random choice is worked out, so it has no interval."""
    return (
        name,
        caught.chosen,
        round(caught.hits),
        caught.rate,
        "–" if is_drawn else bounds(caught.precision),
        whole.recall_rate(caught),
        "–" if is_drawn else bounds(whole.recall(caught)),
        whole.lift(caught),
        whole.money_share(caught),
    )
