"""Work out at night what takes too long while somebody waits (夜间计算)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from analytics.models import NightFigure
from analytics.selectors.night import FIGURES
from analytics.selectors.scope import EVERYBODY

_ERROR_CHARS = 256


def compute_night_figures(*, now: datetime) -> list[str]:
    """Each on its own, so that one that fails takes none of the others with it.

    Returns the keys that were computed. A failure is kept beside what the night before found, and
    the first is raised again when all the others are done.
    """
    done: list[str] = []
    failures: list[Exception] = []
    for key, compute in FIGURES.items():
        try:
            with transaction.atomic():
                found = compute(EVERYBODY, now)
                NightFigure.objects.update_or_create(
                    key=key, defaults={"found": found, "computed_at": now, "error": ""}
                )
        except Exception as error:  # noqa: BLE001 – raised again below
            failures.append(error)
            said = f"{type(error).__name__}: {error}"[:_ERROR_CHARS]
            NightFigure.objects.update_or_create(key=key, defaults={"error": said})
        else:
            done.append(key)
    if failures:
        raise failures[0]
    return done
