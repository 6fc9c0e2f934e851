"""Which version of a message a customer or a group gets (A/B 分组)."""

from __future__ import annotations

from collections.abc import Sequence

from broadcasts.policy.holdout import bucket, bucket_sql


def variant_salt(salt: str) -> str:
    """Apart from the hold-out's own salt, so that who is left of it is split anew."""
    return f"{salt}:variant"


def bounds(shares: Sequence[int]) -> list[int]:
    """Where each part ends: shares 20, 30, 50 become 20, 50, 100."""
    return [sum(shares[: place + 1]) for place in range(len(shares))]


def place_of(salt: str, subject_id: int, shares: Sequence[int]) -> int:
    """The index of the part that this customer or group falls into, for ever the same.

    `shares` are percentages that add up to 100; `place_sql` says the same for a set.
    """
    number = bucket(variant_salt(salt), subject_id)
    return next(place for place, end in enumerate(bounds(shares)) if number < end)


def place_sql(salt: str, subject: str) -> str:
    """The same as an SQL expression over the bigint column `subject`, with the parameter
    `variant_bounds`: the ends but for the last.
    """
    number = bucket_sql(variant_salt(salt), subject)
    return f"width_bucket({number}, %(variant_bounds)s::bigint[])"
