"""The public door of tracked links (雷达链接): count, then lead where our own table says."""

from __future__ import annotations

import math
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import View

from broadcasts.models import TrackedLink
from broadcasts.policy.visitors import is_inside_wechat, is_program
from broadcasts.selectors.link_state import state_fits, state_for
from broadcasts.selectors.links import can_track, short_address
from broadcasts.services.link_visits import PER_ADDRESS, visit, visit_with_code, wait
from scrm.wecom import authorize_url

_LONGEST_CODE = 512


@method_decorator(never_cache, name="dispatch")
class TrackedLinkDoor(View):
    """No log-in: customers come here. Inside WeChat by way of WeCom, which says who it is.

    Nothing the address carries decides where it leads; a code that is not in the table is 404.
    """

    http_method_names = ["get", "head"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer = super().dispatch(request, *args, **kwargs)
        answer.headers["X-Robots-Tag"] = "noindex"
        return answer

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        link = TrackedLink.objects.filter(code=code).first()
        if link is None:
            return _unknown(request)
        if request.method == "HEAD" or _is_program(request):
            return HttpResponseRedirect(link.target)
        now, visitor = timezone.now(), _visitor(request)
        oauth_code, state = request.GET.get("code", ""), request.GET.get("state", "")
        if oauth_code:
            if len(oauth_code) <= _LONGEST_CODE and state_fits(state, link.code, now=now):
                visit_with_code(link=link, oauth_code=oauth_code, visitor=visitor, now=now)
            else:
                visit(link=link, visitor=visitor, now=now)
        elif can_track() and is_inside_wechat(_agent(request)):
            return HttpResponseRedirect(_by_way_of_wecom(link, state_for(link.code, now=now)))
        else:
            visit(link=link, visitor=visitor, now=now)
        return HttpResponseRedirect(link.target)

    head = get


def _by_way_of_wecom(link: TrackedLink, state: str) -> str:
    return authorize_url(
        corp_id=settings.WECOM_CORP_ID,
        agent_id=settings.WECOM_AGENT_ID,
        redirect_uri=short_address(link.code),
        state=state,
    )


def _unknown(request: HttpRequest) -> HttpResponse:
    seconds = wait(PER_ADDRESS, request.META.get("REMOTE_ADDR", ""))
    answer = render(
        request,
        "h5/link_trouble.html",
        {"is_busy": bool(seconds)},
        status=429 if seconds else 404,
    )
    if seconds:
        answer.headers["Retry-After"] = str(math.ceil(seconds))
    return answer


def _is_program(request: HttpRequest) -> bool:
    purpose = request.headers.get("Sec-Purpose", "") or request.headers.get("Purpose", "")
    return is_program(_agent(request), purpose)


def _agent(request: HttpRequest) -> str:
    return request.headers.get("User-Agent", "")


def _visitor(request: HttpRequest) -> str:
    """What tells one anonymous visitor from another for a minute; it is never stored."""
    return f"{request.META.get('REMOTE_ADDR', '')} {_agent(request)}"
