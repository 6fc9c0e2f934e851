"""Choose the language of a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import translation


class LanguageMiddleware:
    """The language the operator switched to, else the installation's.

    A browser's own preference is not asked: operators share machines whose browsers speak English
    and expect the Chinese console all the same.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        known = dict(settings.LANGUAGES)
        with translation.override(chosen if chosen in known else settings.LANGUAGE_CODE):
            request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE
            response = self.get_response(request)
            render = getattr(response, "render", None)
            if render is not None and not getattr(response, "is_rendered", True):
                response = render()
            if isinstance(response, StreamingHttpResponse):
                response.streaming_content = _spoken(
                    request.LANGUAGE_CODE, response.streaming_content
                )
        response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        return response


def _spoken(language: str, parts: Iterable[Any]) -> Iterator[Any]:
    """A file is made while it is sent, when the page's own language is long gone."""
    waiting = iter(parts)
    while True:
        with translation.override(language):
            part = next(waiting, None)
        if part is None:
            return
        yield part
