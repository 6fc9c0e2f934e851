"""The broadcast that an address names."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from broadcasts.models import Broadcast
from broadcasts.selectors.progress import visible_broadcasts
from scrm.console.views import operator_of


def broadcast_of(request: HttpRequest, pk: int) -> Broadcast:
    """Raises Http404 when there is none that this operator may see."""
    return get_object_or_404(visible_broadcasts(operator_of(request)), pk=pk)
