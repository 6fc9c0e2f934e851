"""Make and withdraw tokens of the REST API (接口令牌)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from rest_framework.authtoken.models import Token

from scrm.audit.services import record_act
from scrm.console.models import ApiArea, Operator, TokenScope
from scrm.errors import InvalidInput


def make_token(
    *,
    owner: Operator,
    areas: Sequence[str],
    is_read_only: bool,
    now: datetime,
    operator: Operator,
) -> Token:
    """A token that acts for `owner` inside the areas (ApiArea), one an operator.

    Its key is known to the caller alone and never written to a log. Raises InvalidInput.
    """
    if not owner.is_active:
        raise InvalidInput(_("This operator is switched off."), field="owner")
    wanted = [area for area in ApiArea.values if area in areas]
    if not wanted or len(wanted) != len(set(areas)):
        raise InvalidInput(_("Choose at least one of the areas."), field="areas")
    try:
        with transaction.atomic():
            token = Token.objects.create(user=owner)
            if is_read_only or len(wanted) < len(ApiArea.values):
                TokenScope.objects.create(token=token, areas=wanted, is_read_only=is_read_only)
            record_act(
                action="apitoken.create",
                operator=operator,
                now=now,
                subject=owner,
                details={"areas": wanted, "read_only": is_read_only},
            )
    except IntegrityError:
        raise InvalidInput(
            _("This operator has a token already; withdraw it first."), field="owner"
        ) from None
    return token


def end_token(*, owner: Operator, now: datetime, operator: Operator) -> bool:
    """Withdraw an operator's token (作废): from now on it opens nothing. Answers if there was one."""
    with transaction.atomic():
        ended, _rows = Token.objects.filter(user=owner).delete()
        if ended:
            record_act(action="apitoken.delete", operator=operator, now=now, subject=owner)
    return bool(ended)
