"""Change the house rules (触达治理)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, time
from secrets import token_hex
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from broadcasts.models import Broadcast, PolicySettings
from broadcasts.policy.journey_slots import SHORTEST_WINDOW
from broadcasts.policy.quiet_hours import longest_opening
from broadcasts.selectors.policy import policy_settings, terms_from
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput

# Least and most of each figure.
LIMITS = {
    "monthly_cap": (1, 31),
    "group_daily_cap": (1, 10),
    "moment_daily_cap": (1, 10),
    "light_cap": (1, 300),
    "deep_cap": (1, 31),
    "total_cap": (1, 300),
    "gap_days": (0, 31),
    "deep_gap_days": (0, 31),
    "white_days": (0, 31),
    "white_share": (0, 90),
    "holdout_percent": (0, 50),
    "standing_percent": (0, 20),
    "nurture_days": (0, 90),
    "approval_above": (0, 10_000_000),
    "broadcast_priority": (1, 9),
    "journey_priority": (1, 9),
}
MOST_REST_DATES = 60


@dataclass(frozen=True)
class HouseRules:
    """The figures an operator may set; equal quiet times mean no quiet hours, None no such cap.

    `lunch_channels` (private, group) keep the lunch break, none of them: there is none.
    `rest_weekdays` are 1 (Monday) to 7; `approval_above` is a number of recipients; priorities are
    1 (the best) to 9.
    """

    quiet_from: time
    quiet_until: time
    lunch_from: time
    lunch_until: time
    lunch_channels: list[str]
    rest_weekdays: list[int]
    rest_dates: list[date]
    monthly_cap: int
    group_daily_cap: int | None
    moment_daily_cap: int | None
    light_cap: int | None
    deep_cap: int | None
    total_cap: int | None
    gap_days: int
    deep_gap_days: int
    white_days: int
    white_share: int
    quota: str
    holdout_percent: int
    standing_percent: int
    nurture_days: int
    broadcast_priority: int
    journey_priority: int
    approval_above: int | None


def rules_of(row: PolicySettings) -> HouseRules:
    """The figures of a row, saved or not."""
    return HouseRules(**{field.name: getattr(row, field.name) for field in fields(HouseRules)})


def default_rules() -> HouseRules:
    return rules_of(PolicySettings())


def check_rules(rules: HouseRules) -> None:
    """Raises InvalidInput for the first figure that makes no sense."""
    for name, (least, most) in LIMITS.items():
        value = getattr(rules, name)
        if value is not None and not least <= value <= most:
            message = _("Choose a number from %(least)d to %(most)d.")
            raise InvalidInput(message % {"least": least, "most": most}, field=name)
    if rules.quota not in PolicySettings.Quota.values:
        raise InvalidInput(_("There is no such quota."), field="quota")
    _check_lunch(rules)
    weekdays = set(rules.rest_weekdays)
    if not weekdays <= set(range(1, 8)):
        raise InvalidInput(_("There is no such weekday."), field="rest_weekdays")
    if len(weekdays) == 7:
        raise InvalidInput(_("Leave at least one day to write on."), field="rest_weekdays")
    if len(set(rules.rest_dates)) > MOST_REST_DATES:
        message = _("At most %(most)d days; take out those that are over.")
        raise InvalidInput(message % {"most": MOST_REST_DATES}, field="rest_dates")


def _check_lunch(rules: HouseRules) -> None:
    if rules.lunch_from >= rules.lunch_until:
        raise InvalidInput(_("The lunch break ends before it begins."), field="lunch_until")
    if not set(rules.lunch_channels) <= set(Broadcast.Kind.values):
        raise InvalidInput(_("There is no such channel."), field="lunch_channels")
    terms = terms_from(PolicySettings(**_columns(rules)))
    openings = [longest_opening(terms.over(channel)) for channel in rules.lunch_channels]
    if min(openings, default=SHORTEST_WINDOW) < SHORTEST_WINDOW:
        message = _("With the quiet hours this leaves no full hour of a day to write in.")
        raise InvalidInput(message, field="lunch_until")


def unsaved(rules: HouseRules) -> PolicySettings:
    """The settings as they would be with these rules, the standing hold-out as it was drawn."""
    now = policy_settings()
    return PolicySettings(
        **_columns(rules), standing_salt=now.standing_salt, standing_since=now.standing_since
    )


def update_policy(*, rules: HouseRules, operator: Operator, now: datetime) -> PolicySettings:
    """Set the rules for every verdict from now on; audiences already fixed stay as they are.

    The standing hold-out is drawn when it gets its first share; a larger share later keeps who is
    in it and adds others. Raises InvalidInput for figures that make no sense.
    """
    check_rules(rules)
    return _save(_columns(rules), "reach_policy.change", operator=operator, now=now)


def reset_policy(*, operator: Operator, now: datetime) -> PolicySettings:
    """Back to the rules we ship. The draw of the standing hold-out is kept for when it is wanted
    again."""
    return _save(_columns(default_rules()), "reach_policy.reset", operator=operator, now=now)


def draw_standing_holdout(*, operator: Operator, now: datetime) -> PolicySettings:
    """Draw anew who is in the standing hold-out (重抽全局对照组): a comparison begins again from
    here. Raises InvalidInput when it has no share.
    """
    if not policy_settings().standing_percent:
        message = _("Give the standing hold-out a share first.")
        raise InvalidInput(message, field="standing_percent")
    return _save(_new_draw(now), "reach_policy.draw", operator=operator, now=now)


def _save(
    columns: Mapping[str, Any], action: str, *, operator: Operator, now: datetime
) -> PolicySettings:
    with transaction.atomic():
        PolicySettings.objects.get_or_create(pk=1)
        row = PolicySettings.objects.select_for_update().get(pk=1)
        changed = {
            name: [_written(getattr(row, name)), _written(value)]
            for name, value in columns.items()
            if getattr(row, name) != value
        }
        for name, value in {**columns, "updated_at": now}.items():
            setattr(row, name, value)
        if row.standing_percent and not row.standing_salt:
            for name, value in _new_draw(now).items():
                setattr(row, name, value)
        row.save()
        record_act(action=action, operator=operator, now=now, subject=row, details=changed)
    return row


def _new_draw(now: datetime) -> dict[str, Any]:
    return {"standing_salt": token_hex(8), "standing_since": now}


def _columns(rules: HouseRules) -> dict[str, Any]:
    return {
        **asdict(rules),
        "lunch_channels": sorted(set(rules.lunch_channels)),
        "rest_weekdays": sorted(set(rules.rest_weekdays)),
        "rest_dates": sorted(set(rules.rest_dates)),
    }


def _written(value: object) -> str:
    """A figure as the audit log shows it."""
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return "–" if value is None else str(value)
