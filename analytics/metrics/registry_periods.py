"""The figures of a chosen period, of layers and of pressure, as `registry` has the others."""

from __future__ import annotations

from analytics.metrics.definition import LEDGER, RELATIONS, Metric, _

PERIODS = (
    Metric(
        "new-buyers",
        _("New buyers"),
        _("customers whose first order ever was paid in the period"),
        LEDGER,
    ),
    Metric(
        "period-repurchases",
        _("Repurchases in a period"),
        _(
            "purchase days in the period that were not the customer's first; second purchases are "
            "those that were her second"
        ),
        LEDGER,
        _("A customer counts once a day, however many orders she places."),
    ),
    Metric(
        "period-repurchase-rate",
        _("Repurchase rate in a period"),
        _("buyers with at least two purchase days in the period ÷ its buyers"),
        LEDGER,
        _("It grows with the length of the period; compare equally long ones only."),
    ),
    Metric(
        "returning-buyers",
        _("Returning buyers"),
        _("buyers of the period whose first order lies before it ÷ its buyers"),
        LEDGER,
        _("Not the repurchase rate: one order in the period is enough."),
    ),
    Metric(
        "rfm-groups",
        _("Named RFM groups"),
        _("buyers by recency and frequency score, ten rectangles of the 5 × 5 grid"),
        LEDGER,
        _("The names are in common use and no forecast; money does not decide them."),
    ),
    Metric(
        "losses",
        _("Lost relations"),
        _(
            "follow relations that ended in the last 30 days, by day, staff or channel and who ended them"
        ),
        RELATIONS,
        _("One customer may be lost by several staff; a hand-over is no loss."),
    ),
    Metric(
        "cohort-retention-curve",
        _("Cohort retention over a period"),
        _(
            "of the customers whose first order lies in a month of the period and whose month k "
            "after it is over, the share with an order in that month"
        ),
        LEDGER,
        _("Each k speaks of the cohorts that have come to it: later ones of fewer customers."),
    ),
    Metric(
        "cohort-value-curve",
        _("Cohort value over a period"),
        _(
            "sum over the months 0 to k of (net revenue in that month ÷ customers), of the cohorts "
            "of the period for which that month is over"
        ),
        LEDGER,
        _("Revenue, not profit."),
    ),
    Metric(
        "segment-curves",
        _("Curves by segment"),
        _(
            "Kaplan–Meier share of a segment, with its interval of 95 per cent; log-rank test of "
            "the segment against all others, p × number of segments compared"
        ),
        _("follow relations, or the orders of buyers, of the customers who are in it now"),
        _(
            "Nobody is drawn by lot into a segment, and who has left it is not in its past: a "
            "difference is no effect. Segments of fewer than 30 are not judged."
        ),
    ),
    Metric(
        "pressure",
        _("Pressure"),
        _(
            "messages of all channels that reached friends in the last 30 days, service left out ÷ "
            "friends; beside it the friends with as many private messages as a month allows"
        ),
        _("the ledger of touches and the rules of reach"),
        _("A message counts when it was delivered, read or not."),
    ),
)
