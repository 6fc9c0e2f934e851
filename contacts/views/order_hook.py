"""The address that shops send their orders to (订单推送): verify, store, answer.

A stranger learns only that it was not let in. Everything that is read of a message comes after
the signature, and orders are booked by a worker.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from contacts.models import OrderSource
from contacts.services import order_deliveries
from contacts.services.order_intake import MOST_ROWS
from contacts.services.order_sources import secrets_of
from scrm.errors import InvalidInput
from scrm.signatures import is_signed

log = logging.getLogger(__name__)

MOST_BYTES = 2 * 1024 * 1024
# How far the clock of a shop may be off; older messages are copies.
WINDOW_SECONDS = 300
_LONGEST_SIGNATURE = 128
_LISTS = ("orders", "refunds")


class _Forged(Exception):
    """Not signed by a secret of ours, or not now; the text is for the sender."""


@csrf_exempt
@require_POST
def order_hook(request: HttpRequest, source: str) -> HttpResponse:
    """202 when kept, 200 when the same was kept before; 400 names what is wrong, 403 for what is
    not signed, 413 above 2 MB, 503 when it could not be kept.
    """
    now = timezone.now()
    try:
        body = _body(request)
        if body is None:
            return _answer({"error": "too_large"}, status=413)
        shop, timestamp = _signed_by(request, source, body)
        _check_shape(body)
        delivery, is_new = order_deliveries.store(
            source=shop, timestamp=timestamp, body=body, now=now
        )
    except _Forged as error:
        log.warning("order hook %s refused: %s", source[:32], error)
        return _answer({"error": "forbidden", "message": str(error)}, status=403)
    except InvalidInput as error:
        return _answer(
            {"error": "invalid", "field": error.field, "message": str(error)}, status=400
        )
    except (DatabaseError, InterfaceError) as error:
        log.error("order hook: not stored, the shop must repeat it: %s", type(error).__name__)
        return _answer({"error": "not_stored"}, status=503)
    kept = {"delivery": delivery.pk, "state": delivery.state, "known": not is_new}
    return _answer(kept, status=202 if is_new else 200)


def _answer(data: dict[str, Any], *, status: int) -> HttpResponse:
    answer = JsonResponse(data, status=status)
    if status >= 400:
        # Said above in our own words.
        answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


def _body(request: HttpRequest) -> bytes | None:
    """None when it is too large. By the announced length first, so that it is not even read."""
    announced = str(request.META.get("CONTENT_LENGTH") or "0")
    if announced.isascii() and announced.isdigit() and int(announced) > MOST_BYTES:
        return None
    try:
        body = request.read(MOST_BYTES + 1)
    except UnreadablePostError:
        raise InvalidInput("the sender went away", field="body") from None
    return body if len(body) <= MOST_BYTES else None


def _signed_by(request: HttpRequest, name: str, body: bytes) -> tuple[OrderSource, int]:
    """The shop and the time stamp of a message that it surely sent, within the last minutes."""
    stamp = request.headers.get("X-SCRM-Timestamp", "")
    told = request.headers.get("X-SCRM-Signature", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise _Forged("X-SCRM-Timestamp must be seconds since 1970")
    if not told.isascii() or not 0 < len(told) <= _LONGEST_SIGNATURE:
        raise _Forged("X-SCRM-Signature is missing")
    now = timezone.now()
    if abs(now.timestamp() - int(stamp)) > WINDOW_SECONDS:
        raise _Forged("X-SCRM-Timestamp is more than five minutes off")
    shop = OrderSource.objects.filter(name=name, is_active=True).first()
    secrets = secrets_of(shop, now=now) if shop is not None else []
    if shop is None or not is_signed(told, secrets=secrets, timestamp=int(stamp), body=body):
        # The same words for both: which names exist is nobody's business.
        raise _Forged("the signature does not fit this source")
    return shop, int(stamp)


def _check_shape(body: bytes) -> None:
    """A message is an object with lists of rows. Raises InvalidInput."""
    try:
        told = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise InvalidInput(_("The body is not JSON."), field="body") from None
    if not isinstance(told, dict) or not any(told.get(name) for name in _LISTS):
        raise InvalidInput(_("Send “orders”, “refunds”, or both."), field="orders")
    for name in _LISTS:
        rows = told.get(name)
        if rows is not None and not isinstance(rows, list):
            raise InvalidInput(_("This is not a list of rows."), field=name)
        if rows is not None and len(rows) > MOST_ROWS:
            message = _("At most %(most)d rows in one message.") % {"most": MOST_ROWS}
            raise InvalidInput(message, field=name)
