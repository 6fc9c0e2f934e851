"""The customer's own preference page (客户偏好页): no log-in, opened by a signed link."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView

from contacts.models import Contact
from contacts.selectors.preference_links import Trouble, contact_of_token, first_name
from contacts.selectors.preferences import offered_topics
from contacts.services.preferences import choose_topics, pause_messages, set_do_not_contact
from contacts.views.preferences import WEEKS, topics_off
from scrm.console.fields import row_number
from scrm.errors import InvalidInput
from scrm.ratelimit import bucket
from scrm.ratelimit.limits import Limit, Window
from scrm.ratelimit.store import RedisError

SOURCE = "h5"
_ACTS = frozenset({"topics", "pause", "never", "resume"})


PER_LINK = Limit(
    "preferences.link",
    windows=(Window(60, 30),),
    label=gettext_lazy("Preference page, one link"),
    each=gettext_lazy("link"),
    source=gettext_lazy("ours: a person changes a few things a minute"),
)
PER_ADDRESS = Limit(
    "preferences.wrong_link",
    windows=(Window(60, 60),),
    label=gettext_lazy("Wrong links to preference pages"),
    each=gettext_lazy("network address"),
    source=gettext_lazy("ours: many people share an address, and few of them guess"),
)


@method_decorator(never_cache, name="dispatch")
class PreferencePage(TemplateView):
    """See and change what we send; shows nothing of her but a first name."""

    template_name = "h5/preferences.html"
    http_method_names = ["get", "post"]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        token = kwargs["token"]
        found = contact_of_token(token, now=timezone.now())
        if found is Trouble.FORGED:
            wait = _wait(PER_ADDRESS, request.META.get("REMOTE_ADDR", ""))
        else:
            wait = _wait(PER_LINK, token[-32:])  # the signature
        if wait:
            response = self._trouble("busy", status=429)
            response.headers["Retry-After"] = str(math.ceil(wait))
            return response
        if isinstance(found, Trouble):
            return self._trouble(found.value, status=404 if found is Trouble.FORGED else 410)
        self.contact = found
        answer = super().dispatch(request, *args, **kwargs)
        answer.headers["X-Robots-Tag"] = "noindex"
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        preference = getattr(self.contact, "preference", None)
        off = set(preference.topics_off) if preference else set()
        until = preference.pause_until if preference else None
        return super().get_context_data(
            name=first_name(self.contact),
            is_blocked=bool(preference and preference.is_do_not_contact),
            paused_until=until if until and until > now else None,
            topics=[(topic, topic.pk not in off) for topic in offered_topics()],
            weeks=WEEKS,
            saved=saved if (saved := self.request.GET.get("saved", "")) in _ACTS else "",
            **kwargs,
        )

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        try:
            saved = _record(request, self.contact)
        except InvalidInput as error:
            return self.render_to_response(
                self.get_context_data(token=token, problem=str(error)), status=400
            )
        address = redirect("h5:preferences", token=token)
        address["Location"] += f"?saved={saved}"
        return address

    def _trouble(self, kind: str, *, status: int) -> HttpResponse:
        self.template_name = "h5/preference_trouble.html"
        response = self.render_to_response({"trouble": kind}, status=status)
        response.headers["X-Robots-Tag"] = "noindex"
        return response


def _wait(limit: Limit, subject: str) -> float:
    """Seconds until this subject may ask again. Without Redis nobody is held back: the signature
    protects the page, the limit only comfort."""
    try:
        return bucket.take(limit, subject)
    except RedisError:
        return 0


def _record(request: HttpRequest, contact: Contact) -> str:
    """Do what she asked for; answers what was saved. Raises InvalidInput."""
    who: dict[str, Any] = {
        "contact_id": contact.pk,
        "source": SOURCE,
        "operator": None,
        "now": timezone.now(),
    }
    match request.POST.get("ask"):
        case "topics":
            choose_topics(topics_off=topics_off(request), **who)
            return "topics"
        case "pause":
            weeks = row_number(request.POST.get("weeks", ""))
            if weeks not in WEEKS:
                raise InvalidInput(_("Choose how long."), field="weeks")
            pause_messages(until=who["now"] + timedelta(weeks=weeks), **who)
            return "pause"
        case "never":
            set_do_not_contact(is_do_not_contact=True, **who)
            return "never"
        case "resume":
            pause_messages(until=None, **who)
            set_do_not_contact(is_do_not_contact=False, **who)
            return "resume"
    raise InvalidInput(_("Choose what you would like."))
