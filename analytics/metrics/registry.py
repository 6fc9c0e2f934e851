"""Every figure that pages show, with what it means: one registry for pages and documents.

Texts are English; pages show them in the reader's language. `docs/metrics.md` has the derivations.
"""

from __future__ import annotations

from types import MappingProxyType

from analytics.metrics.definition import LEDGER, MODEL, RELATIONS, Metric, _
from analytics.metrics.registry_depth import DEPTH
from analytics.metrics.registry_periods import PERIODS
from analytics.metrics.registry_worth import WORTH

_ROLL_UP = _("the monthly sums of each customer, made from the order ledger")


_METRICS = (
    Metric(
        "ltv-historic",
        _("LTV so far"),
        _("net revenue of all buyers ÷ buyers = orders per buyer × average order value"),
        LEDGER,
        _("Revenue, not profit. It grows with the age of a customer; compare cohorts, not totals."),
    ),
    Metric(
        "ltv-friend",
        _("LTV per friend"),
        _("net revenue of today's friends ÷ today's friends, those without an order included"),
        LEDGER,
    ),
    Metric(
        "ltv-predicted",
        _("Predicted value, 365 days"),
        _(
            "expected orders of the next 365 days × expected value of an order, per customer; "
            "no discount, no margin, refunds subtracted"
        ),
        MODEL,
        _(
            "The models see neither season nor trend nor campaigns. Totals carry the error of the "
            "back-test, at least 15 per cent. It is not added to the LTV so far."
        ),
    ),
    Metric(
        "order-value",
        _("Average order value"),
        _("net revenue ÷ orders; a refunded order still counts as an order"),
        LEDGER,
    ),
    Metric(
        "effective-customers",
        _("Effective customers"),
        _("friends in the stages first order and repeat: they bought and are not silent"),
        _("relations and lifecycle stages"),
        _("A friend who has never ordered is not effective, however much she talks."),
    ),
    Metric(
        "repurchase-rate",
        _("Repurchase rate"),
        _("buyers with at least two purchase days in the last 12 calendar months ÷ their buyers"),
        _ROLL_UP,
        _("The running month is included. Orders of one day are one purchase."),
    ),
    Metric(
        "repeat-buyers",
        _("Repeat buyers"),
        _("buyers with at least two purchase days ever ÷ all buyers"),
        LEDGER,
    ),
    Metric(
        "repurchase-cycle",
        _("Repurchase cycle"),
        _("the median, over repeat buyers, of the mean days between their purchase days"),
        LEDGER,
        _("Short histories show short cycles; who has not come back is not in it."),
    ),
    Metric(
        "repurchase-curve",
        _("Time to the second order"),
        _(
            "the share of buyers that has come back by each day after the first order "
            "(Kaplan–Meier; who has not come back yet counts until today)"
        ),
        LEDGER,
    ),
    Metric(
        "cohort-retention",
        _("Cohort retention"),
        _(
            "of the customers whose first order fell in a month, the share with an order "
            "k months later"
        ),
        _ROLL_UP,
        _(
            "Months that are not over are shown grey. Of a segment: its members of now with all "
            "their months; one chosen by orders differs by its own rule."
        ),
    ),
    Metric(
        "cohort-value",
        _("Cohort value"),
        _("net revenue of a cohort so far ÷ its customers"),
        _ROLL_UP,
        _(
            "Older cohorts had more time; read along a column. Of a segment: its members of now with "
            "all their months; one chosen by orders or money differs by its own rule."
        ),
    ),
    Metric(
        "revenue",
        _("Revenue by month"),
        _(
            "net revenue by the month of payment, of customers in the month of their first order "
            "and of earlier ones"
        ),
        _ROLL_UP,
        _("A refund counts in the month of its order, so past months may still fall."),
    ),
    Metric(
        "pareto",
        _("Share of the best fifth"),
        _("net revenue of the fifth of buyers who brought most ÷ net revenue"),
        LEDGER,
    ),
    Metric(
        "churn-unfriended",
        _("Churn: unfriended"),
        _(
            "the share of follow relations that customers have not ended by each day after the "
            "adding (Kaplan–Meier with its band of 95 per cent); relations ended by staff count until then"
        ),
        RELATIONS,
        _("One customer may be the friend of several staff members; each relation counts."),
    ),
    Metric(
        "unfriend-rate",
        _("Monthly unfriend rate"),
        _("follow relations that customers ended in a month ÷ relations at its start"),
        RELATIONS,
    ),
    Metric(
        "churn-inactive",
        _("Churn: stopped buying"),
        _("buyers whose last order is longer ago than the silent or the lost threshold ÷ buyers"),
        _("last orders and the thresholds of the lifecycle"),
        _("Nobody announces it: the thresholds come from the shop's own repurchase gaps."),
    ),
    Metric(
        "p-alive",
        _("Probability of being active"),
        _(
            "the chance that a customer has not left for good, from the number and the rhythm of "
            "her orders; churn risk is 1 minus it"
        ),
        MODEL,
        _("It knows orders only, no chats and no clicks."),
    ),
    Metric(
        "rfm",
        _("RFM scores"),
        _(
            "days since the last order, purchase days and net revenue, each 1 to 5 at the "
            "quintiles of all buyers; equal values share a score"
        ),
        LEDGER,
    ),
    Metric(
        "lifecycle",
        _("Lifecycle stages"),
        _("customers by stage today, and how many entered each stage per week"),
        _("stages and their changes, each with its reason"),
    ),
    Metric(
        "growth",
        _("New and lost customers"),
        _("customers added by their first staff member − customers who lost their last one"),
        RELATIONS,
    ),
    Metric(
        "back-test",
        _("Back-test"),
        _(
            "the models are fitted to everything before the last 90 days and predict those; bias is "
            "predicted ÷ actual orders − 1, the mean error is per customer"
        ),
        MODEL,
        _("The naive forecast lets every customer go on at her own rate."),
    ),
    Metric(
        "churn-alert",
        _("Churn alert"),
        _(
            "risk × value at stake, the most of it for each staff member a day. Stops buying: "
            "1 − probability of being active, times what she brings in 365 days if she is still "
            "there. Unfriends: the share of customers with a relation of her age and her messages "
            "of the last 30 days who unfriended within 30 days, times the value expected of her"
        ),
        MODEL,
        _(
            "Only customers with a sign: 1.5 times their own usual gap or the silent threshold "
            "passed, or a kind that unfriends twice as often. Nobody who rests, is lost, or was "
            "alerted lately."
        ),
    ),
    Metric(
        "churn-alert-test",
        _("Back-test of churn alerts"),
        _(
            "on past days and with what was known then: the share of the alerted who left "
            "(precision), the share of all who left that was alerted (recall), precision ÷ that of "
            "a random choice (lift); intervals after Wilson"
        ),
        _("orders, relations and messages up to each past day, and what followed"),
        _(
            "Money is net of what was given back up to each day. Amounts corrected since are as they "
            "are now, and relations that ended and were taken up again carry no past: such a "
            "customer counts as no friend."
        ),
    ),
    Metric(
        "refresh",
        _("Refresh of the figures"),
        _(
            "seconds from taking the changed customers to all their sums being written; a difference "
            "is a customer whose stored sums were not those of her orders though no order had changed "
            "since"
        ),
        _("the log of refreshes"),
        _(
            "It says when the sums were current, not when pages for very many customers were last "
            "worked out; they name their own time."
        ),
    ),
)

METRICS = MappingProxyType({metric.key: metric for metric in (*_METRICS, *WORTH, *DEPTH, *PERIODS)})
