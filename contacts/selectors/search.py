"""A text lookup that the trigram indexes of names and remarks serve."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField
from django.db.models.lookups import Contains


@CharField.register_lookup
class TrigramContains(Contains):
    """Contains, without regard to case. Django's own `icontains` wraps the column in UPPER(),
    and then no trigram index is used.
    """

    lookup_name = "trigram_contains"

    def get_rhs_op(self, connection: Any, rhs: str) -> str:
        return f"ILIKE {rhs}"
