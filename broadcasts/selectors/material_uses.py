"""What uses a material (素材引用): messages written, coming, sent; welcomes; journeys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, F, Func, Model, Q, QuerySet, Value
from django.urls import NoReverseMatch
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from broadcasts.models import (
    Broadcast,
    BroadcastPlan,
    GroupWelcome,
    Journey,
    Material,
    Variant,
    Welcome,
)
from broadcasts.policy.references import references_in

_State = Broadcast.State


@dataclass(frozen=True)
class Use:
    """One place. `is_live`: it may still be sent from there."""

    kind: Promise | str
    name: str
    url: str
    state: str
    is_live: bool


def uses_of(material: Material) -> list[Use]:
    """Every place that names it, what may still be sent first; a query for each kind of place."""
    found = [
        *(_of_broadcast(one) for one in _broadcasts([material.pk])),
        *(
            _use(_("Recurring broadcast"), one, is_live=one.is_active)
            for one in _plans([material.pk])
        ),
        *(_use(_("Welcome"), one, is_live=one.is_active) for one in _welcomes([material.pk])),
        *(
            _use(_("Group welcome"), one, is_live=True, state=one.get_status_display())
            for one in _group_welcomes([material.pk])
        ),
        *(
            _use(
                _("Journey"),
                one,
                is_live=one.state != Journey.State.ARCHIVED,
                state=one.get_state_display(),
            )
            for one in _journeys([material.pk])
        ),
    ]
    return sorted(found, key=lambda use: not use.is_live)


def use_counts(materials: Iterable[Material]) -> Counter[int]:
    """How many places name each of these; as many queries as for one."""
    wanted = [one.pk for one in materials]
    counts: Counter[int] = Counter()
    if not wanted:
        return counts
    variants: dict[int, list[Any]] = {}
    broadcasts = list(_broadcasts(wanted))
    for key, attachments in Variant.objects.filter(broadcast__in=broadcasts).values_list(
        "broadcast_id", "attachments"
    ):
        variants.setdefault(key, []).append(attachments)
    contents: list[object] = [[one.attachments, variants.get(one.pk, [])] for one in broadcasts]
    contents += [[one.attachments, one.variants] for one in _plans(wanted)]
    contents += [one.attachments for one in _welcomes(wanted)]
    counts.update(one.material_id for one in _group_welcomes(wanted) if one.material_id)
    contents += [
        [one.draft, one.version.definition if one.version else None] for one in _journeys(wanted)
    ]
    for content in contents:
        counts.update({reference.material for reference in references_in(content)} & set(wanted))
    return counts


def _names(column: str, materials: list[int]) -> Func:
    """Whether the JSON in `column` names one of these anywhere."""
    wanted = " || ".join(f"@ == {int(one)}" for one in materials)
    path = f'$.** ? (@.msgtype == "material").material ? ({wanted})'
    return Func(F(column), Value(path), function="jsonb_path_exists", output_field=BooleanField())


def _broadcasts(materials: list[int]) -> QuerySet[Broadcast]:
    own = _names("attachments", materials)
    variants = Variant.objects.filter(_names("attachments", materials))
    return Broadcast.objects.filter(own) | Broadcast.objects.filter(
        pk__in=variants.values("broadcast_id")
    )


def _plans(materials: list[int]) -> QuerySet[BroadcastPlan]:
    return BroadcastPlan.objects.filter(
        Q(_names("attachments", materials)) | Q(_names("variants", materials))
    )


def _welcomes(materials: list[int]) -> QuerySet[Welcome]:
    living = Welcome.objects.filter(is_archived=False)
    return living.filter(_names("attachments", materials))


def _group_welcomes(materials: list[int]) -> QuerySet[GroupWelcome]:
    return GroupWelcome.objects.filter(material__in=materials)


def _journeys(materials: list[int]) -> QuerySet[Journey]:
    """By their draft and the version in force."""
    in_force = _names("version__definition", materials)
    named = _names("draft", materials)
    return Journey.objects.select_related("version").filter(Q(named) | Q(in_force))


def _of_broadcast(broadcast: Broadcast) -> Use:
    is_live = broadcast.state not in {_State.FINISHED, _State.STOPPED}
    return _use(_("Broadcast"), broadcast, is_live=is_live, state=broadcast.get_state_display())


def _use(kind: Promise, row: Model, *, is_live: bool, state: object = "") -> Use:
    try:
        address = getattr(row, "get_absolute_url", str)()
    except NoReverseMatch:  # a part of the console that this installation does not have
        address = ""
    words = state or (_("in force") if is_live else _("not in force"))
    return Use(kind, str(row), address if address.startswith("/") else "", str(words), is_live)
