"""What operators say of products: their role in the assortment, and the price bands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from contacts.models import AssortmentSettings, Product
from contacts.rules.price_bands import MOST_BANDS
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput
from scrm.jobs import enqueue_on_commit

MOST_AT_ONCE = 500
_MOST_FEN = 10**11


@transaction.atomic
def set_role(*, product_ids: Sequence[int], role: str, operator: Operator, now: datetime) -> int:
    """Give these products one role; answers how many had another. Raises InvalidInput (role,
    products).
    """
    if role not in Product.Role.values:
        raise InvalidInput(_("Choose a role."), field="role")
    if not 0 < len(product_ids) <= MOST_AT_ONCE:
        message = _("Tick between 1 and %(most)d products.") % {"most": MOST_AT_ONCE}
        raise InvalidInput(message, field="products")
    changed = Product.objects.filter(pk__in=product_ids).exclude(role=role).update(role=role)
    if changed:
        record_act(
            action="product.set_role",
            operator=operator,
            now=now,
            details={"role": role, "products": changed},
        )
        _count_again()
    return changed


@transaction.atomic
def set_bands(*, bounds_fen: Sequence[int], operator: Operator, now: datetime) -> None:
    """Let bands begin at these prices; none: quarters of the units sold. Raises InvalidInput
    (bounds).
    """
    bounds = list(bounds_fen)
    if bounds != sorted(set(bounds)) or any(not 0 < bound <= _MOST_FEN for bound in bounds):
        raise InvalidInput(_("Write rising prices above 0."), field="bounds")
    if len(bounds) >= MOST_BANDS:
        message = _("At most %(most)d bands.") % {"most": MOST_BANDS}
        raise InvalidInput(message, field="bounds")
    AssortmentSettings.objects.update_or_create(pk=1, defaults={"bounds_fen": bounds})
    record_act(
        action="product.set_bands", operator=operator, now=now, details={"bounds_fen": bounds}
    )
    _count_again()


def _count_again() -> None:
    AssortmentSettings.objects.get_or_create(pk=1)
    AssortmentSettings.objects.filter(pk=1).update(asked=F("asked") + 1)
    enqueue_on_commit("contacts.count_products")
