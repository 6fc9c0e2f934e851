"""How many customers there are, friends among them, and in which stage they stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count

from analytics.selectors.scope import Scope, within
from contacts.models import Contact, Relation, Stage

# Friends who bought and are neither silent nor lost.
_EFFECTIVE = (Stage.FIRST, Stage.REPEAT)


@dataclass(frozen=True)
class People:
    """`stages` has every stage, also those where nobody stands."""

    customers: int
    friends: int
    effective: int
    stages: Mapping[str, int]


def people(scope: Scope) -> People:
    """One query, of an index alone."""
    stages: Counter[str] = Counter()
    friends = effective = 0
    rows = within(Contact.objects.all(), scope, "pk").values_list("stage", "relation")
    for stage, relation, how_many in rows.annotate(how_many=Count("*")).order_by():
        stages[stage] += how_many
        if relation == Relation.FRIEND:
            friends += how_many
            effective += how_many if stage in _EFFECTIVE else 0
    return People(stages.total(), friends, effective, {each.value: stages[each] for each in Stage})
