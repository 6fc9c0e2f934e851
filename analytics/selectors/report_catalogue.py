"""What scheduled reports offer (报表内容目录): datasets by group, under the titles of their pages.

A dataset that is downloaded for a period stands here; `tests/analytics/test_report_contents.py`
names those that do not, each with its reason.
"""

from __future__ import annotations

from types import MappingProxyType

from django.utils.functional import Promise, lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


def _beside(what: str | Promise) -> str | Promise:
    """As the boards call a figure beside that of segments."""
    return lazy(lambda: gettext("Side by side: %(what)s") % {"what": what}, str)()


_SEGMENTS: dict[str, str | Promise] = {
    "analytics-download/segments-value": _beside(_("LTV so far")),
    "analytics-download/segments-cohort-value": _(
        "Cohorts by segment: revenue per customer so far"
    ),
    "analytics-download/segments-repurchase": _beside(_("Repurchase rate")),
    "analytics-download/segments-repurchase-curve": _("Side by side: how soon customers come back"),
    "analytics-download/segments-cohort-retention": _("Cohorts by segment: share that buys again"),
    "analytics-download/segments-churn": _beside(_("Unfriend rate")),
    "analytics-download/segments-unfriending": _("Side by side: how long friendships last"),
    "analytics-download/segments-growth": _beside(_("Net growth")),
    "analytics-download/stage-shares": _("Share of the stages, now"),
    "analytics-download/segments-rfm": _beside(_("Named groups")),
    "channel-value-download/channel-segments": _("Channels by segment: brought per customer"),
}

# Download and dataset, and what it is called before it has been read; in groups, as they are
# offered.
GROUPS: tuple[tuple[str | Promise, dict[str, str | Promise]], ...] = (
    (
        _("Customer value"),
        {
            "report-figures/key-figures": _("Key figures"),
            "analytics-download/ltv-course": _("LTV so far, over the period"),
            "analytics-download/ltv-by-cohort": _("LTV by month of the first order"),
            "analytics-depth-download/ltv-change": _("What moved the LTV within a year"),
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
            "analytics-depth-download/ladder-products": _(
                "First product: who comes back, and for what"
            ),
            "analytics-depth-download/ladder-roles": _(
                "From the first to the second purchase, by role of the products"
            ),
        },
    ),
    (
        _("Repurchase"),
        {
            "analytics-download/period-repurchases": _("Repurchases"),
            "analytics-download/first-and-later": _("First, second and later purchases"),
            "analytics-download/repurchase-curve": _("How soon customers come back"),
            "lifecycle-download/gap-curve": _("How long customers take to buy again"),
            "analytics-download/cohort-retention": _("Cohorts: share that buys again"),
            "analytics-download/cohort-retention-curve": _(
                "Buying again, by months since the first order"
            ),
            "analytics-download/cohort-value": _("Cohorts: revenue per customer so far"),
            "analytics-download/cohort-value-curve": _(
                "Revenue per customer, by months since the first order"
            ),
            "analytics-download/purchase-counts": _("Buyers by the number of their purchases"),
        },
    ),
    (
        _("Churn"),
        {
            "analytics-download/period-unfriended": _("Unfriended by customers"),
            "analytics-download/unfriend-rate": _("Unfriended by month"),
            "analytics-download/unfriending": _("How long friendships last"),
            "analytics-depth-download/unfriend-hazard": _(
                "When customers unfriend: risk by days since the adding"
            ),
            "analytics-depth-download/unfriending-by-channel": _("Still friends, by channel"),
            "analytics-depth-download/unfriending-by-staff": _("Still friends, by staff"),
            "losses-download/losses-by-day": _("Losses by day, 30 days"),
            "losses-download/losses-by-staff": _("Losses by staff, 30 days"),
            "losses-download/losses-by-channel": _("Losses by channel, 30 days"),
            "analytics-depth-download/churn-by-month": _("Stopped buying, by month"),
            "analytics-download/idle-bands": _("Buyers by the days since their last order"),
            "analytics-download/alive": _("How likely buyers are still active"),
        },
    ),
    (
        _("Lifecycle"),
        {
            "analytics-download/lifecycle": _("Lifecycle stages"),
            "analytics-download/lifecycle-flow": _("Stages entered per week"),
            "lifecycle-download/stage-weeks": _("New, revived, silent and lost by week"),
            "analytics-download/stage-moves": _("Moves between the stages"),
            "analytics-download/rfm-grid": _("RFM: recency × frequency"),
            "analytics-download/rfm-groups": _("Named groups"),
        },
    ),
    (
        _("Acquisition"),
        {
            "analytics-download/period-growth": _("Net growth of customers"),
            "analytics-download/growth": _("New and lost customers, 30 days"),
            "channel-value-download/channel-value": _(
                "Cost of winning a customer, and what she has brought so far"
            ),
            "channel-value-download/source-funnel": _("From adding to the second order"),
            "channel-value-download/source-payback": _(
                "Payback: what a customer has brought, against what she cost"
            ),
            "analytics-depth-download/referral": _("Newcomers by a passed-on card, by month"),
        },
    ),
    (
        _("Broadcasts and staff"),
        {
            "broadcast-effects-download/broadcast-effects": _("Revenue added by each broadcast"),
            "series-effects-download/series-effects": _(
                "Revenue added by each recurring broadcast and journey"
            ),
            "staff-value-download/staff-value": _("Revenue of the customers each looked after"),
            "staff-value-download/staff-reach": _("Churn alerts and messages of each"),
        },
    ),
    (
        _("Customer groups"),
        {
            "group-statistics-download/group-growth": _("Joined and left"),
            "group-statistics-download/group-life": _("Groups with messages"),
            "group-statistics-download/group-talk": _("Messages"),
            "group-statistics-download/group-owners": _("Top 10 owners"),
        },
    ),
    (
        _("Quality of the forecast"),
        {
            "analytics-quality-download/calibration": _(
                "Expected and actual orders, by tenths of customers"
            ),
            "analytics-quality-download/forecast-errors": _(
                "Mean error per customer, beside simple forecasts"
            ),
            "analytics-quality-download/tracking": _(
                "Repeat purchases added up: actual and expected"
            ),
            "analytics-quality-download/data-quality": _("Quality of the orders"),
        },
    ),
    (_("Compare segments"), _SEGMENTS),
)
TITLES: MappingProxyType[str, str | Promise] = MappingProxyType(
    {key: title for _group, titles in GROUPS for key, title in titles.items()}
)
# They say nothing of all customers alone.
BY_SEGMENT = frozenset(_SEGMENTS)
