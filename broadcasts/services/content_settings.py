"""Change the words that the linter warns of (违禁词设置)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from broadcasts.models import ContentSettings
from broadcasts.selectors.content_lint import content_settings
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput

MOST_WORDS, WORD_LENGTH = 1000, 32


def update_forbidden_words(
    *, words: Sequence[str], operator: Operator | None, now: datetime
) -> ContentSettings:
    """The whole list anew. Raises InvalidInput naming `forbidden_words`."""
    cleaned = list(dict.fromkeys(word.strip() for word in words if word.strip()))
    if len(cleaned) > MOST_WORDS or any(len(word) > WORD_LENGTH for word in cleaned):
        message = _("At most 1,000 words of 32 characters each.")
        raise InvalidInput(message, field="forbidden_words")
    with transaction.atomic():
        before = set(content_settings().forbidden_words)
        row, _created = ContentSettings.objects.update_or_create(
            pk=1, defaults={"forbidden_words": cleaned, "updated_at": now}
        )
        record_act(
            action="content_words.change",
            operator=operator,
            now=now,
            subject=row,
            details={
                "added": sorted(set(cleaned) - before),
                "removed": sorted(before - set(cleaned)),
            },
        )
    return row
