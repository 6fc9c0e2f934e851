"""How often a program may ask the REST API, over all web processes together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from scrm.ratelimit import bucket
from scrm.ratelimit.limits import Limit, Window
from scrm.ratelimit.store import RedisError

if TYPE_CHECKING:
    # Views load their throttles while they are loaded themselves.
    from rest_framework.views import APIView

PER_OPERATOR = Limit(
    "api.operator",
    windows=(Window(60, 600),),
    label=_("Calls of our own API"),
    each=_("operator"),
    source=_("ours: ten a second is more than a sync needs and less than a page feels"),
)


class OperatorThrottle(BaseThrottle):
    """`PER_OPERATOR` for each operator; who asks too often gets 429 with `Retry-After`. All who
    are not logged in share one share, which only the schema takes.

    Without Redis nobody is held back: the limit protects comfort, not data.
    """

    _wait = 0.0

    def allow_request(self, request: Request, _view: APIView) -> bool:
        try:
            self._wait = bucket.take(PER_OPERATOR, str(request.user.pk))
        except RedisError:
            return True
        return not self._wait

    def wait(self) -> float:
        return math.ceil(self._wait)
