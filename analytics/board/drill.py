"""From a mark of a chart to the customers, orders or changes it is about (下钻)."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from analytics.periods import Period
from contacts.models import Follow
from contacts.selectors.named_segments import SEGMENT


def leaf(field: str, op: str, value: Any) -> dict[str, Any]:
    """One condition of a rule; days as days."""
    return {"field": field, "op": op, "value": _plain(value)}


def customers(*conditions: dict[str, Any]) -> str:
    """The page of the customers who fit all conditions."""
    rule = json.dumps({"all": list(conditions)}, separators=(",", ":"))
    return _to("console:analytics-customers", rule=rule)


def between(field: str, low: Any, high: Any | None) -> dict[str, Any]:
    """From `low` to `high`, both in it; open above without `high`."""
    return leaf(field, ">=", low) if high is None else leaf(field, "between", [low, high])


def first_bought_in(period: Period, segment_id: int | None = None) -> str:
    """Those of a segment, or all."""
    bought = between("order.first_on", period.first_on, period.last_on)
    return customers(bought, *([] if segment_id is None else [leaf(SEGMENT, "any", [segment_id])]))


def orders_in(period: Period) -> str:
    return _to("console:orders", paid_from=period.first_on, paid_to=period.last_on)


def added_in(period: Period) -> str:
    return _to("console:contacts", added_from=period.first_on, added_to=period.last_on)


def unfriended_in(period: Period) -> str:
    return _to(
        "console:losses",
        kind=Follow.Status.DELETED_BY_CONTACT.value,
        ended_from=period.first_on,
        ended_to=period.last_on,
    )


def in_stage(stage: str, lost_kind: str = "") -> str:
    return _to("console:contacts", stage=stage, **({"lost_kind": lost_kind} if lost_kind else {}))


def moved(before: str, after: str, period: Period) -> str:
    """The log of these stage changes; for newcomers, the customers added."""
    if not before:
        return added_in(period)
    return _to(
        "console:stage-log",
        from_stage=before,
        to_stage=after,
        at_from=period.first_on,
        at_to=period.last_on,
    )


def segment(number: int | None) -> str:
    return "" if number is None else reverse("console:segment", args=[number])


def _to(name: str, **query: Any) -> str:
    return f"{reverse(name)}?{urlencode(query)}"


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value
