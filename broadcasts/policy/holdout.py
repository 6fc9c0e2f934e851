"""A share nobody writes to, so that the effect can be measured (对照组)."""

from __future__ import annotations

from datetime import datetime
from hashlib import md5

from broadcasts.policy.decision import Decision, Facts, Reason, Rule, skip_if
from broadcasts.policy.terms import Terms

# The same first 32 bits of the same MD5 as `bucket`; `%%` because drivers read `%` themselves.
_BUCKET_SQL = (
    "('x' || substr(md5(%(holdout_salt)s || ':' || contact_id), 1, 8))::bit(32)::bigint %% 100"
)


def bucket(salt: str, contact_id: int) -> int:
    """0–99, the same for ever for one salt and one customer, independent between salts."""
    digest = md5(f"{salt}:{contact_id}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) % 100


def holdout(terms: Terms) -> Rule:
    def decide(facts: Facts, _now: datetime) -> Decision:
        held = bucket(terms.holdout_salt, facts.contact_id) < terms.holdout_percent
        return skip_if(applies=held, reason=Reason.HELD_OUT)

    return Rule(
        Reason.HELD_OUT,
        decide,
        sql=f"{_BUCKET_SQL} < %(holdout_percent)s",
        bind=lambda _now: {
            "holdout_salt": terms.holdout_salt,
            "holdout_percent": terms.holdout_percent,
        },
    )
