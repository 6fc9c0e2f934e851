"""The figures of what broadcasts, channels, staff and products are worth, as `registry` has the
others.
"""

from __future__ import annotations

from analytics.metrics.definition import MODEL, RELATIONS, Metric, _

WORTH = (
    Metric(
        "broadcast-funnel",
        _("From plan to order"),
        _(
            "customers planned, in tasks that staff confirmed, reached, who clicked a tracked link, "
            "who ordered within the chosen days after their own message; refunds subtracted"
        ),
        _("recipients, touches, clicks and the order ledger"),
        _("Who ordered after it may have ordered anyway; what it added is a figure of its own."),
    ),
    Metric(
        "broadcast-uplift",
        _("Uplift of a broadcast"),
        _(
            "mean per customer written to − mean per customer held out, over the same time and "
            "adjusted for what each spent in the 90 days before (CUPED), with Welch's interval of "
            "95 per cent"
        ),
        _("the draw of the hold-out and the order ledger"),
        _(
            "Not decidable below 10 customers with an order in an arm, or where an effect of a "
            "fifth could have been missed. Orders above the 99th percentile of buyers count as it. Group "
            "messages are compared by group."
        ),
    ),
    Metric(
        "incremental-ltv",
        _("Incremental LTV of a broadcast"),
        _(
            "mean per customer written to − mean per customer held out of: net revenue since the "
            "audience was fixed + what the models expect of the next 365 days (probability of being "
            "active × expected orders × value of an order), adjusted and bounded as the uplift"
        ),
        _("the draw of the hold-out, the order ledger and the forecasts"),
        _(
            "The models take every order for a habit: an order that was only brought forward looks "
            "like more to come. The interval covers chance in the draw, not the error of the models. "
            "It is no revenue until the year is over."
        ),
    ),
    Metric(
        "ab-test",
        _("Comparison of versions"),
        _(
            "difference of two versions at five planned looks, with the bounds of Lan and DeMets "
            "shared among all pairs and outcomes"
        ),
        _("the draw of the versions and the order ledger"),
        _("The bounds hold for the planned looks, however often the page is opened."),
    ),
    Metric(
        "marketing-uplift",
        _("Uplift of all marketing"),
        _(
            "mean per customer who may be written to − mean per customer in the standing hold-out, "
            "in the chosen period, adjusted for what each spent before the draw"
        ),
        _("the draw of the standing hold-out and the order ledger"),
        _("It tells what all messages together add, not which of them."),
    ),
    Metric(
        "broadcast-roi",
        _("ROI of a broadcast"),
        _("(revenue added × gross margin − cost) ÷ cost"),
        _("the uplift, and the cost and margin that were entered"),
        _(
            "Without a hold-out it is attributed: all that was ordered after the message counts, of "
            "which some would have come anyway."
        ),
    ),
    Metric(
        "series-uplift",
        _("Effect of a recurring broadcast or journey"),
        _(
            "each customer once, in the arm where her first message put her, over the chosen days from "
            "then on: mean per customer written to − mean per customer held out, as the uplift of a "
            "broadcast; the interval of 95 per cent holds at all looks together"
        ),
        _("the draws of all its messages, or the standing hold-out, and the order ledger"),
        _(
            "Who was held out first may have got a later message: the difference is then smaller than "
            "the truth. Against the standing hold-out it is what all marketing added to these "
            "customers. Revenue after it counts each order once, after the last message before it."
        ),
    ),
    Metric(
        "series-ltv",
        _("Incremental LTV of a recurring broadcast or journey"),
        _(
            "of the customers of its effect, each in the arm where her first message put her: mean per "
            "customer written to − mean per customer held out of: net revenue since the audience of "
            "that message was fixed + what the models expect of the next 365 days; adjusted and "
            "bounded as the effect"
        ),
        _(
            "the draws of all its messages, or the standing hold-out, the order ledger and the forecasts"
        ),
        _(
            "As with single broadcasts, an order that was only brought forward looks like more to "
            "come, and the error of the models is not in the interval. Whose chosen days are not over "
            "is not counted yet."
        ),
    ),
    Metric(
        "series-roi",
        _("ROI of a recurring broadcast or journey"),
        _("(revenue added × gross margin − cost) ÷ cost"),
        _("the effect as a whole, and all costs entered for it and for single broadcasts of it"),
        _(
            "The money is that of the chosen days of each customer, the cost all that was entered so "
            "far: choose a long window, or enter costs of the time it covers."
        ),
    ),
    Metric(
        "channel-won",
        _("Customers won by a channel"),
        _(
            "customers whose very first relation began in the period by the channel's code or link, "
            "or without one by the way they were added"
        ),
        RELATIONS,
        _(
            "Who is lost and added again, or added by a colleague too, was won before and counts as "
            "added again. For a lead: customers whom the own staff added first."
        ),
    ),
    Metric(
        "channel-funnel",
        _("Funnel of a channel"),
        _(
            "of the customers won: still a friend on day 30; with a first order within 30 days; with "
            "a second purchase day within 90 days; each of those won longer ago than that"
        ),
        _("first relations and the order ledger"),
        _(
            "Customers who had ordered before they were added are left out of both orders. Intervals "
            "are Wilson's, 95 per cent."
        ),
    ),
    Metric(
        "channel-ltv",
        _("Brought per customer"),
        _("net revenue from the day of the adding until now ÷ customers won in the period"),
        _("first relations and the order ledger"),
        _("It grows with time; compare channels over the same days, and cohorts along a column."),
    ),
    Metric(
        "channel-cac",
        _("CAC (cost of winning a customer)"),
        _("costs of the channel in the period ÷ customers it won in the period"),
        _("the costs that were entered or imported"),
        _("As complete as the costs are. Work of the staff is not in it unless it is entered."),
    ),
    Metric(
        "channel-payback",
        _("Payback"),
        _(
            "the first day after the adding on which margin × net revenue per customer reaches the "
            "CAC; per customer in view on each day (mean cumulative function)"
        ),
        _("customers won in the months of the period, and the order ledger"),
        _(
            "The curve ends where fewer than a tenth of the customers are in view. “Not yet” may still "
            "become a day. Without a gross margin it is on revenue."
        ),
    ),
    Metric(
        "channel-roi",
        _("ROI of a channel"),
        _("(gross margin × net revenue so far − cost) ÷ cost, of the customers won in the period"),
        _("first relations, the order ledger, the costs"),
        _(
            "Attributed, not drawn by lot: all that these customers ordered counts, of which some "
            "would have come anyway."
        ),
    ),
    Metric(
        "channel-cohorts",
        _("Cohorts of a channel"),
        _(
            "net revenue per customer won in a month by the end of each 30 days since her adding, as "
            "far as those days are over for all of them"
        ),
        _("first relations and the order ledger"),
    ),
    Metric(
        "channel-segments",
        _("Channels by segment"),
        _(
            "of the customers a channel won in the period, those who are in a segment now: how many, "
            "first order conversion, net revenue since they were added and that per customer"
        ),
        _("first relations, the order ledger and today's members of the segment"),
        _("A segment chosen by orders or money differs by its own rule."),
    ),
    Metric(
        "staff-revenue",
        _("Revenue by staff"),
        _(
            "net revenue of the period's orders; each counts for one staff member: of those who were "
            "the customer's friends on its day, the one who has been it longest"
        ),
        _("follow relations and the order ledger"),
        _(
            "Orders of customers who were nobody's friend that day are nobody's, so that all together "
            "are the ledger. It says who looked after them, not who made them order."
        ),
    ),
    Metric(
        "staff-adds",
        _("Customers added by staff"),
        _("follow relations that began in the period; new customers are those never added before"),
        RELATIONS,
    ),
    Metric(
        "staff-lost",
        _("Customers lost by staff"),
        _(
            "follow relations that customers ended in the period; who stays 30 days is Kaplan–Meier "
            "over the relations that began in it"
        ),
        RELATIONS,
    ),
    Metric(
        "staff-chats",
        _("Chats of staff"),
        _(
            "chats, messages, share of chats replied to and mean minutes to the first reply; the two "
            "rates are means over chats"
        ),
        _("WeCom's own daily count (联系客户统计), read each morning, at most 180 days back"),
        _("WeCom counts private chats only and tells no figure of the running day."),
    ),
    Metric(
        "staff-care",
        _("Care of staff"),
        _(
            "tasks for customers done and overdue; broadcasts handed to the staff member and not sent"
        ),
        _("tasks and batches of the period"),
    ),
    Metric(
        "staff-reach",
        _("Alerts and messages of staff"),
        _(
            "churn alerts made in the period by how they stand now, done within 7 days ÷ all not "
            "open any more, and what the customers did within 30 days; private marketing messages "
            "that arrived, those beyond the cap of the customer's calendar month apart"
        ),
        _("churn alerts, the ledger of touches and the rules of reach as they are now"),
        _(
            "Whoever wrote first in a month stays within the cap, whoever comes after goes beyond "
            "it. What customers do after an alert is no effect of it."
        ),
    ),
    Metric(
        "staff-surplus",
        _("Against expectation"),
        _(
            "net revenue of the last 90 days from the buyers a staff member looked after − what the models, "
            "fitted to what was known before, expected of them, scaled to the whole shop"
        ),
        MODEL,
        _(
            "With an interval of 95 per cent; below 30 buyers nothing is said. Customers were not "
            "drawn by lot, so it says how much, not why."
        ),
    ),
    Metric(
        "products-by-band",
        _("Revenue by price band"),
        _(
            "net revenue, buyers and share of buyers with at least two purchase days, of products "
            "whose mean price paid lies in the band; an order of several products is split among "
            "them by what was paid for each, else by quantity"
        ),
        _("orders that name their products, by day of payment, refunds subtracted"),
        _("Buyers are known customers; orders of unknown buyers count as revenue."),
    ),
    Metric(
        "products-by-role",
        _("Revenue by role"),
        _("the same by the role operators gave: traffic, event, profit"),
        _("orders that name their products, by day of payment, refunds subtracted"),
        _("A role is what operators say today, not what it was when the order was paid."),
    ),
    Metric(
        "refunds-by-day",
        _("Given back in these days"),
        _("refunds whose own day lies in the period, whenever their orders were paid"),
        _("the entries of the order ledger"),
        _("Where the shop tells no day of a refund, it is the day we learned of it."),
    ),
)
