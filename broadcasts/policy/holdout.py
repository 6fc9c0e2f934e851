"""A share nobody writes to, so that the effect can be measured (对照组)."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from hashlib import md5

from broadcasts.policy.decision import Decision, Facts, Reason, Rule, skip_if
from broadcasts.policy.terms import Terms

# A polynomial of third degree over the integers modulo a prime, with coefficients drawn from the
# salt: what it says of any four customers is independent (Wegman and Carter 1981), and neither
# Python nor SQL needs more than products of 62 bits. Hashing text a million times took 0.4 s more.
_PRIME = 2_147_483_647


def bucket(salt: str, contact_id: int) -> int:
    """0–99, the same for ever for one salt and one customer, independent between salts."""
    value, x = 0, contact_id % _PRIME
    for coefficient in _coefficients(salt):
        value = (value * x + coefficient) % _PRIME
    return value % 100


def bucket_sql(salt: str, column: str = "contact_id") -> str:
    """The same in SQL, over a bigint column; `%` is doubled, because drivers read it themselves."""
    first, *others = _coefficients(salt)
    inner = f"{first}::bigint"
    for coefficient in others:
        inner = f"({inner} * ({column} %% {_PRIME}) + {coefficient}) %% {_PRIME}"
    return f"({inner}) %% 100"


def holdout(terms: Terms) -> Rule:
    """The hold-out of one broadcast, drawn among those who may be written to."""
    return _held(Reason.HELD_OUT, terms.holdout_salt, terms.holdout_percent)


def standing_holdout(terms: Terms) -> Rule:
    """The standing one (全局对照组): drawn among all customers, who hear no marketing at all."""
    return _held(Reason.GLOBAL_HOLDOUT, terms.standing_salt, terms.standing_percent)


def is_standing(terms: Terms, contact_id: int) -> bool:
    """Whether she is in the standing hold-out."""
    return bucket(terms.standing_salt, contact_id) < terms.standing_percent


@lru_cache(maxsize=256)
def _coefficients(salt: str) -> tuple[int, ...]:
    digest = md5(salt.encode(), usedforsecurity=False).digest()
    return tuple(int.from_bytes(digest[at : at + 4]) % _PRIME for at in range(0, 16, 4))


def _held(reason: Reason, salt: str, percent: int) -> Rule:
    def decide(facts: Facts, _now: datetime) -> Decision:
        return skip_if(applies=bucket(salt, facts.contact_id) < percent, reason=reason)

    name = f"{reason}_percent"
    return Rule(
        reason,
        decide,
        sql=f"{bucket_sql(salt)} < %({name})s",
        bind=lambda _now: {name: percent},
    )
