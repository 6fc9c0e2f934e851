"""Preferences (偏好与免打扰): who asked for silence, topics, and what an operator records."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Contact, Preference, Topic
from contacts.selectors.preference_links import VALID, preference_link
from contacts.selectors.preferences import (
    BLOCKED,
    PAUSED,
    TOPICS,
    PreferencesWanted,
    matching_preferences,
    offered_topics,
    visible_preferences,
)
from contacts.selectors.visibility import visible_contacts
from contacts.services.preferences import (
    choose_topics,
    end_links,
    pause_messages,
    set_do_not_contact,
)
from contacts.services.topics import save_topic
from scrm.console.cards import Asked
from scrm.console.fields import row_number, without_nul
from scrm.console.paging import Sort, counted, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import InvalidInput

MAY_LOOK, MAY_CHANGE = "contacts.view_preference", "contacts.change_contact"
MAY_DEFINE = "contacts.change_topic"
SOURCE = "console"
NEWEST_FIRST = Sort("updated_at")
WEEKS = (1, 4, 12)

SOURCE_WORDS = {
    "console": gettext_lazy("Recorded in the console"),
    "h5": gettext_lazy("Said by the customer"),
    "import": gettext_lazy("Imported from a file"),
}


class PreferenceFilter(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Name or external_userid"), required=False, max_length=64
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Asked for"),
        required=False,
        choices=[
            ("", "–"),
            (BLOCKED, gettext_lazy("No contact at all")),
            (PAUSED, gettext_lazy("A pause")),
            (TOPICS, gettext_lazy("Some topics off")),
        ],
    )
    topic = forms.ModelChoiceField(
        label=gettext_lazy("Topic off"), required=False, queryset=Topic.objects.all()
    )
    source = forms.ChoiceField(
        label=gettext_lazy("How we know"),
        required=False,
        choices=[("", "–"), *SOURCE_WORDS.items()],
    )

    def wanted(self) -> PreferencesWanted:
        self.is_valid()
        names = [field.name for field in dataclasses.fields(PreferencesWanted)]
        asked = {name: self.cleaned_data.get(name) for name in names}
        return PreferencesWanted(**{name: value for name, value in asked.items() if value})


class PreferenceList(ConsolePage):
    """Every customer who asked something of us, the newest word first."""

    template_name = "contacts/preference_list.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Preferences")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, now = operator_of(self.request), timezone.now()
        form = PreferenceFilter(self.request.GET)
        found = matching_preferences(visible_preferences(operator, now=now), form.wanted(), now=now)
        page = window(
            found.select_related("contact"),
            sort=NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s customers") % {"number": counted(found)},
        )
        topics = {topic.pk: topic for topic in Topic.objects.all()}
        return super().get_context_data(
            form=form,
            window=page,
            rows=[_row(row, topics, now) for row in page.rows],
            is_filtered=form.wanted() != PreferencesWanted(),
            may_change=operator.has_perm(MAY_CHANGE),
            may_define=operator.has_perm(MAY_DEFINE),
            may_import=operator.has_perm("contacts.add_blockedimport"),
            **kwargs,
        )


class RecordPreference(ConsoleAction):
    """Record what one customer asked of us; the address she is named by is her external_userid."""

    permission = MAY_CHANGE

    def post(self, request: HttpRequest) -> HttpResponse:
        visible = visible_contacts(operator_of(request))
        named = without_nul(request.POST.get("external_userid", "")).strip()
        contact = visible.filter(external_userid=named).first() if named else None
        if contact is None:
            messages.error(request, _("There is no such customer."))
        else:
            _record(request, contact)
        return redirect("console:preferences")


class SetContactPreference(ConsoleAction):
    """The same for the customer of a 360° page: topics, links and what she asked for."""

    permission = MAY_CHANGE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        contact = get_object_or_404(visible_contacts(operator_of(request)), pk=pk)
        _record(request, contact)
        if request.POST.get("back") == "list":
            return redirect("console:preferences")
        return redirect("console:contact", pk=contact.pk)


class TopicPage(ConsolePage):
    """Define what customers may switch off (主题)."""

    template_name = "contacts/topics.html"
    permission = MAY_DEFINE
    page_title = gettext_lazy("Topics of messages")
    http_method_names = ["get", "post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        number = row_number(request.POST.get("topic", ""))
        if number is not None:
            get_object_or_404(Topic, pk=number)
        typed: dict[str, Any] = {
            "name": without_nul(request.POST.get("name", "")),
            "description": without_nul(request.POST.get("description", "")),
            "is_active": "is_active" in request.POST,
        }
        try:
            save_topic(**typed, topic_id=number, operator=operator_of(request), now=timezone.now())
        except InvalidInput as error:
            return self.render_to_response(
                self.get_context_data(problem=str(error), typed=typed, topic_id=number)
            )
        messages.success(request, _("Saved."))
        return redirect("console:topics")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            topics=[
                (topic, Preference.objects.filter(topics_off__contains=[topic.pk]).count())
                for topic in Topic.objects.all()
            ],
            **kwargs,
        )


def preference_card(asked: Asked) -> dict[str, Any]:
    """What she asked of us, the topics, and the link to her own page."""
    contact = Contact.objects.select_related("preference").get(pk=asked.subject_id)
    preference: Preference | None = getattr(contact, "preference", None)
    off = set(preference.topics_off) if preference else set()
    return {
        "contact": contact,
        "preference": preference,
        "is_paused": _is_paused(preference, asked.now),
        "source": source_words(preference.source) if preference else "",
        "topics": [(topic, topic.pk not in off) for topic in offered_topics()],
        "link": preference_link(contact, now=asked.now),
        "valid_days": VALID.days,
        "weeks": WEEKS,
        "may_change": asked.operator.has_perm(MAY_CHANGE),
    }


def source_words(source: str) -> Any:
    """Where she said it, in words."""
    return SOURCE_WORDS.get(source.partition(":")[0], source)


def _record(request: HttpRequest, contact: Contact) -> None:
    who: dict[str, Any] = {
        "contact_id": contact.pk,
        "source": SOURCE,
        "operator": operator_of(request),
        "now": timezone.now(),
    }
    reason = without_nul(request.POST.get("reason", ""))
    ask = request.POST.get("ask", "")
    try:
        if ask in {f"pause-{weeks}" for weeks in WEEKS}:
            until = who["now"] + timedelta(weeks=int(ask.removeprefix("pause-")))
            pause_messages(until=until, reason=reason, **who)
            messages.success(request, _("Messages are paused."))
        elif ask == "never":
            set_do_not_contact(is_do_not_contact=True, reason=reason, **who)
            messages.success(request, _("The customer will not be contacted any more."))
        elif ask == "clear":
            pause_messages(until=None, **who)
            set_do_not_contact(is_do_not_contact=False, **who)
            messages.success(request, _("The customer may be contacted as usual."))
        elif ask == "topics":
            choose_topics(topics_off=topics_off(request), **who)
            messages.success(request, _("The topics are saved."))
        elif ask == "end-links":
            end_links(contact_id=contact.pk, operator=who["operator"], now=who["now"])
            messages.success(request, _("Links handed out before open nothing any more."))
    except InvalidInput as error:
        messages.error(request, str(error))


def topics_off(request: HttpRequest) -> list[int]:
    """The offered topics that a form leaves unticked."""
    on = {row_number(text) for text in request.POST.getlist("topic")}
    return [topic.pk for topic in offered_topics() if topic.pk not in on]


def _row(preference: Preference, topics: dict[int, Topic], now: Any) -> dict[str, Any]:
    return {
        "preference": preference,
        "contact": preference.contact,
        "is_paused": _is_paused(preference, now),
        "topics": [topics[pk] for pk in preference.topics_off if pk in topics],
        "source": source_words(preference.source),
    }


def _is_paused(preference: Preference | None, now: Any) -> bool:
    return bool(preference and preference.pause_until and preference.pause_until > now)
