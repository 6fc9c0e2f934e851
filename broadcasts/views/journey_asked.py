"""The journey that an address names, and the library its messages draw from."""

from __future__ import annotations

from django.shortcuts import get_object_or_404

from broadcasts.models import Journey, Material

VIEW, ADD, CHANGE = (
    "broadcasts.view_journey",
    "broadcasts.add_journey",
    "broadcasts.change_journey",
)
_MATERIALS_OFFERED = 200


def journey_of(pk: int) -> Journey:
    """Raises Http404."""
    return get_object_or_404(Journey.objects.select_related("version"), pk=pk)


def materials() -> list[tuple[int, str]]:
    """Pieces of the library that a message can carry, the last changed first."""
    found = Material.objects.filter(is_archived=False).exclude(kind=Material.Kind.TEXT)
    return [
        (material.pk, f"{material.get_kind_display()} · {material.name}")
        for material in found[:_MATERIALS_OFFERED]
    ]
