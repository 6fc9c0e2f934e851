"""Keep what is being typed into the composer (自动保存), and never over something newer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Model
from django.utils.translation import gettext as _

from broadcasts.models import Broadcast
from broadcasts.models.unfinished import UnfinishedBroadcast
from scrm.console.models import Operator
from scrm.errors import InvalidInput, ScrmError

# Nine links with descriptions and four versions of a text at WeCom's limits, with room to spare.
MOST_BYTES = 64 * 1024
# So many new broadcasts one operator may leave unfinished; the oldest give way.
KEPT = 20

Values = Mapping[str, list[str]]


class NewerVersion(ScrmError):
    """Somebody saved after the page that saves now was loaded."""

    code = "newer_version"


def keep(
    *,
    key: UUID,
    version: int,
    values: Values,
    operator: Operator,
    now: datetime,
    broadcast: Broadcast | None = None,
) -> UnfinishedBroadcast:
    """Save what stands in the composer; `version` is what the page last saw, 0 for none.

    A repeated first saving with the same `key` finds its own row. Raises NewerVersion when
    another page has saved in between, InvalidInput when it is too much to keep.
    """
    if len(json.dumps(values, ensure_ascii=False).encode()) > MOST_BYTES:
        raise InvalidInput(_("This is too much text to keep."))
    if "\0" in "".join(value for several in values.values() for value in several):
        raise InvalidInput(_("The text holds a character that cannot be kept."))
    with transaction.atomic():
        if version:
            return _changed(key, version, values, operator, now)
        return _begun(key, values, operator, now, broadcast)


def discard(*, row: UnfinishedBroadcast) -> None:
    """Forget what was typed; the broadcast itself stays as it was saved last."""
    row.delete()


def clear(*, key: UUID, version: int) -> None:
    """Forget what was typed because it has become a broadcast, inside the caller's transaction.

    Raises NewerVersion when another page saved something since: that must be seen first.
    """
    rows = UnfinishedBroadcast.objects.select_for_update().filter(key=key)
    if any(row.version > version for row in rows):
        raise newer_version()
    rows.delete()


def fingerprint(broadcast: Broadcast) -> str:
    """A draft as it stands, in a few letters; it changes with whatever an operator writes."""
    variants = broadcast.variants.order_by("letter").values(
        "letter", "share", "text", "attachments"
    )
    written = {
        name: value.pk if isinstance(value, Model) else value
        for name, value in broadcast.written().items()
    }
    window = [broadcast.window_start.isoformat(), broadcast.window_end.isoformat()]
    whole = json.dumps([written, list(variants), window], sort_keys=True, default=str)
    return sha256(whole.encode()).hexdigest()[:16]


def require_unchanged(*, broadcast: Broadcast, base: str) -> None:
    """Raises NewerVersion when the draft is not as it was at `base` any more; locks its row until
    the caller's transaction ends.
    """
    locked = Broadcast.objects.select_for_update(of=("self",)).get(pk=broadcast.pk)
    if base and fingerprint(locked) != base:
        raise newer_version()


def _changed(
    key: UUID, version: int, values: Values, operator: Operator, now: datetime
) -> UnfinishedBroadcast:
    changed = UnfinishedBroadcast.objects.filter(key=key, version=version).update(
        values=dict(values), version=F("version") + 1, saved_by=operator, saved_at=now
    )
    if not changed:
        raise newer_version()
    return UnfinishedBroadcast.objects.get(key=key)


def _begun(
    key: UUID, values: Values, operator: Operator, now: datetime, broadcast: Broadcast | None
) -> UnfinishedBroadcast:
    try:
        with transaction.atomic():
            row = UnfinishedBroadcast.objects.create(
                key=key,
                broadcast=broadcast,
                values=dict(values),
                saved_by=operator,
                saved_at=now,
            )
    except IntegrityError:
        # The answer to this page's first saving was lost, or another page was faster.
        found = UnfinishedBroadcast.objects.filter(key=key, saved_by=operator, version=1).first()
        if found is None:
            raise newer_version() from None
        return _changed(key, found.version, values, operator, now)
    if broadcast is None:
        own = UnfinishedBroadcast.objects.filter(saved_by=operator, broadcast=None)
        oldest = own.order_by("-saved_at", "-pk").values("pk")[KEPT:]
        UnfinishedBroadcast.objects.filter(
            pk__in=list(oldest.values_list("pk", flat=True))
        ).delete()
    return row


def newer_version() -> NewerVersion:
    return NewerVersion(
        _(
            "This text was changed on another page meanwhile. Nothing was overwritten: copy what "
            "you need from here, then load the page again."
        )
    )
