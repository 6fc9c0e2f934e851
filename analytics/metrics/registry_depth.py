"""The figures that are worked out at night, as `registry` has the others."""

from __future__ import annotations

from analytics.metrics.definition import LEDGER, MODEL, RELATIONS, Metric, _

_KEPT = _("the back-test that the nightly fit has kept")

DEPTH = (
    Metric(
        "calibration",
        _("Calibration"),
        _(
            "customers in tenths by the orders expected of them in the hidden quarter; mean expected "
            "beside mean actual orders of each tenth"
        ),
        _KEPT,
        _("Equal expectations stay together, so tenths may be uneven or fewer than ten."),
    ),
    Metric(
        "tracking",
        _("Tracking"),
        _(
            "repeat purchases added up over time, actual and expected, of the customers known when "
            "the hidden quarter began"
        ),
        _KEPT,
        _("A season shows as a wave that the expected line does not follow."),
    ),
    Metric(
        "coverage",
        _("Coverage of the intervals"),
        _(
            "the share of customers whose number of orders in the hidden quarter fell inside their "
            "own interval of 80 per cent"
        ),
        _KEPT,
        _("Orders are whole numbers, so rather more than 80 per cent fall inside."),
    ),
    Metric(
        "data-quality",
        _("Quality of the orders"),
        _(
            "days whose orders are missing at the shop's own pace (chance below one in a million); "
            "amounts beyond Tukey's outer fence on logarithms; refunds above the year before by half "
            "and by more than chance; orders without a customer, twice, over nothing, or in the future"
        ),
        _("all orders of the last 365 days, looked through every night"),
        _("A sign is a reason to look, not a proof; no figure is changed by it."),
    ),
    Metric(
        "customer-equity",
        _("Customer equity"),
        _("the predicted value of the next 365 days, added up over all buyers of today"),
        MODEL,
        _(
            "Future customers are not in it. The interval is the larger of the back-test's error and "
            "15 per cent; the chance in single customers evens out."
        ),
    ),
    Metric(
        "newcomer-value",
        _("Value of a newcomer"),
        _(
            "mean value of a first purchase day + repeat orders expected of a new buyer within 365 "
            "days × expected value of an order"
        ),
        MODEL,
        _("Of buyers, not of friends: multiply by the share of friends who ever order."),
    ),
    Metric(
        "next-order",
        _("Next order"),
        _(
            "the days by which 10, 50 and 90 per cent of customers with her history have ordered "
            "again, if they are still active; how likely that is stands beside it"
        ),
        MODEL,
        _(
            "No mean exists, for who has left never orders again. It knows no season and no campaign."
        ),
    ),
    Metric(
        "ltv-split",
        _("LTV so far, taken apart"),
        _(
            "mean time watched × orders a year × average order value × margin, exactly the LTV so "
            "far; a change is shared among the factors by the logarithmic mean (LMDI)"
        ),
        LEDGER,
        _(
            "The time watched is first order to today, not the time until a customer leaves, which "
            "nobody sees. Without a margin it is revenue, not profit."
        ),
    ),
    Metric(
        "referral-rate",
        _("Referral"),
        _(
            "customers who brought a newcomer ÷ customers at the start of the month; at most "
            "newcomers by a passed-on card ÷ those customers"
        ),
        _("the way of adding that WeCom reports (shared card)"),
        _(
            "WeCom does not say who passed the card on, so only the bound is known. Recommendations "
            "that ended at a QR code or in a search are not in it; a colleague's card is not either."
        ),
    ),
    Metric(
        "unfriend-hazard",
        _("Risk of unfriending by age"),
        _(
            "relations that customers ended at an age ÷ days that relations of this age were watched; "
            "exact Poisson interval of 95 per cent (Garwood)"
        ),
        RELATIONS,
        _("Young relations are many and old ones few: mind the bounds."),
    ),
    Metric(
        "group-curves",
        _("Still friends, by group"),
        _(
            "Kaplan–Meier shares after 7, 30 and 90 days of the twelve largest groups, and one "
            "log-rank test over all of them"
        ),
        RELATIONS,
        _("Groups below 30 relations are left out. Staff and channels get other customers."),
    ),
    Metric(
        "churn-rate",
        _("Monthly churn: stopped buying"),
        _(
            "buyers who became lost in a month ÷ buyers not lost at its start; lost begins the day "
            "after the lifecycle's threshold has passed without an order"
        ),
        LEDGER,
        _("Who buys again later is counted as back from then on; past months keep the loss."),
    ),
    Metric(
        "product-ladder",
        _("Product ladder"),
        _(
            "of the customers who began with a product or role, the share that ordered on a second "
            "day (Wilson's interval), and what they took then; of several roles on a day the highest "
            "counts, profit over event over traffic"
        ),
        _("items of the first two purchase days of each buyer"),
        _("Who chooses a product may be another kind of customer; only a test shows what it does."),
    ),
)
