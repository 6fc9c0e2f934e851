"""Who rests (休息): whom no alert asks staff to touch today, by the governor's own rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from broadcasts.policy.decision import Reason, Rule, Skip
from broadcasts.policy.governor import decide, rules_for
from broadcasts.policy.history import counted, earliest
from broadcasts.policy.preferences import do_not_contact, pause
from broadcasts.policy.terms import Terms
from broadcasts.selectors.one_verdict import (
    past_of,
    person,
    promised_places,
    promises_of,
    touches_since,
)
from broadcasts.selectors.policy import house_terms

# An alert may ask for another staff member, so that nobody follows her is no reason to rest.
_NO_REST = {Reason.NOT_FRIEND, Reason.NO_STAFF}


def care_terms() -> Terms:
    """A light private message; the standing hold-out gets care like everybody."""
    return replace(house_terms("light"), standing_percent=0)


def resting_rules(terms: Terms) -> Sequence[Rule]:
    """The governor's rules about customers; those about the hour are no matter of a day."""
    return [rule for rule in rules_for(terms) if rule.sql and rule.reason not in _NO_REST]


def wish_rules() -> Sequence[Rule]:
    """What she asked for herself; it holds even where the alert says to let her rest."""
    return [do_not_contact(), pause()]


def why_resting(contact_id: int, *, is_pressed: bool, now: datetime) -> Reason | None:
    """The reason of the first rule that lets her rest; None when she may be touched.

    Five queries. Raises Contact.DoesNotExist.
    """
    terms = care_terms()
    past = past_of(touches_since(contact_id, earliest(terms, now)), terms)
    promises = promises_of(promised_places(contact_id))
    facts = counted(person(contact_id, terms), past, promises, terms, now)
    decision = decide(wish_rules() if is_pressed else resting_rules(terms), facts, now)
    return decision.reason if isinstance(decision, Skip) else None
