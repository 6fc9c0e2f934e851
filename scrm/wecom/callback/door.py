"""A way past the console's middleware for what WeCom sends.

Sessions, languages, log-ins and page headers mean nothing to WeCom and cost a good part of the
requests a second, so this stands first in MIDDLEWARE and answers the one address itself.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from scrm.wecom.callback.views import callback

ADDRESS = "/wecom/callback/"


class CallbackDoor:
    """Answers the callback address; everything else goes on its way."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == ADDRESS:
            answer = callback(request)
            # Else it would go out in chunks.
            answer["Content-Length"] = str(len(answer.content))
            return answer
        return self._get_response(request)
