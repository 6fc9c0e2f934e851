"""Figures that are worked out at night (夜间计算), and where pages find them.

For all customers they are read from what the night kept. Who may see only some gets them worked
out at once, for those are few.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.db import transaction

from analytics.models import NightFigure
from analytics.selectors.data_quality import ledger_signs
from analytics.selectors.ladder import ladder
from analytics.selectors.leaving import leaving
from analytics.selectors.referral import referral_months
from analytics.selectors.scope import Scope
from analytics.selectors.worth import worth

SIGNS = "signs"


@dataclass(frozen=True)
class Kept:
    """What is known of a key; `found` is empty before the first night."""

    found: Mapping[str, Any]
    computed_at: datetime | None
    error: str = ""


def referrals(scope: Scope, *, now: datetime) -> dict[str, Any]:
    """{"months": [[month, existing, newcomers, referred, is over], …]}."""
    return {
        "months": [
            [
                f"{each.month}",
                each.referral.existing,
                each.referral.newcomers,
                each.referral.referred,
                each.is_complete,
            ]
            for each in referral_months(scope, now=now)
        ]
    }


# Each gives what JSON can hold; its module says what that is.
FIGURES: Mapping[str, Callable[[Scope, datetime], dict[str, Any]]] = MappingProxyType(
    {
        SIGNS: lambda _scope, now: ledger_signs(now=now),
        "worth": lambda scope, now: worth(scope, now=now),
        "leaving": lambda scope, now: leaving(scope, now=now),
        "ladder": lambda scope, _now: ladder(scope),
        "referral": lambda scope, now: referrals(scope, now=now),
    }
)


def night_figure(key: str, scope: Scope, *, now: datetime) -> Kept:
    """One query for all customers."""
    if scope is not None:
        with transaction.atomic():
            return Kept(FIGURES[key](scope, now), now)
    row = NightFigure.objects.filter(key=key).first()
    return Kept(row.found, row.computed_at, row.error) if row else Kept({}, None)
