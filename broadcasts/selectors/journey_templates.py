"""Ready journeys to begin with (旅程模板); what they say is meant to be changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcasts.policy.journey_definition import CONTACT, GROUP

Draft: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class JourneyTemplate:
    """A journey that only waits for the shop's own words. `draft()` is in the active language."""

    key: str
    name: str | Promise
    purpose: str | Promise
    subject: str
    icon: str
    draft: Callable[[], Draft]


def template(key: str) -> JourneyTemplate | None:
    return next((one for one in TEMPLATES if one.key == key), None)


_LEAVES: list[Draft] = [{"kind": "unfriended"}, {"kind": "do_not_contact"}]
_HAS_ORDERED = {"field": "order.count", "op": ">=", "value": 1}
# The order that began it is five weeks old by then.
_ORDERED_LATELY = {"field": "order.days_since_last", "op": "<=", "value": 33}


def _journey(subject: str, trigger: Draft, steps: list[Draft], **rest: Any) -> Draft:
    return {
        "format": 1,
        "subject": subject,
        "trigger": trigger,
        "entry": None,
        "steps": steps,
        "exits": rest.get("exits", []),
        "reentry": rest.get("reentry", {"kind": "never"}),
    }


def _days_later(step_id: str, days: int) -> Draft:
    """Some days later, while people read messages; house rules keep messages three days apart."""
    return {
        "id": step_id,
        "kind": "wait_until",
        "days": days,
        "at": "10:00",
        "until": "20:00",
    }


def _send(step_id: str, title: str, text: str, benefit: str, **rest: Any) -> Draft:
    return {
        "id": step_id,
        "kind": "send",
        "title": title,
        "text": text,
        "benefit": benefit,
        "touch_class": "light",
        **rest,
    }


def _task(step_id: str, text: str) -> Draft:
    return {"id": step_id, "kind": "staff_task", "text": text, "due_days": 2}


def _new_friend() -> Draft:
    steps = [
        _days_later("day1", 1),
        _send(
            "hello",
            _("Day 1: who we are for her"),
            _(
                "Glad to have you here. If you wonder which of our products suits you, or how to "
                "use one you have, just write to me: a person reads this."
            ),
            _("She knows whom she can ask."),
        ),
        _days_later("day4", 3),
        {
            "id": "bought",
            "kind": "condition",
            "title": _("Has she ordered?"),
            "rule": _HAS_ORDERED,
            "yes": [_task("care", _("Ask how she likes what she bought, and help her use it."))],
            "no": [
                _send(
                    "guide",
                    _("Day 4: a guide that helps to choose"),
                    _(
                        "Three questions that help to choose: for whom is it, how often is it "
                        "used, what matters most? Tell me, and I will say what I would take."
                    ),
                    _("She can choose without trying everything."),
                )
            ],
        },
        _days_later("day7", 3),
        _send(
            "useful",
            _("Day 7: something useful"),
            _(
                "There is a tip that many of our customers like; answer me and I send it. If you "
                "would rather hear less from us, say so, and we write less."
            ),
            _("She learns something she can use at once."),
        ),
    ]
    return _journey(CONTACT, {"kind": "new_friend"}, steps, exits=_LEAVES)


def _post_purchase() -> Draft:
    steps = [
        _days_later("day1", 1),
        _send(
            "use",
            _("Day 1: how to use it well"),
            _("Thank you for your order. If you are not sure how to use it best, ask me whenever."),
            _("She gets the most out of what she bought."),
            touch_class="service",
        ),
        _days_later("day4", 3),
        _task("check", _("Ask whether everything arrived well; solve what did not.")),
        _days_later("day14", 10),
        _send(
            "more",
            _("Two weeks later: what goes with it"),
            _(
                "People who use it as you do often ask what goes with it. Ask me, and I tell you "
                "what suits yours."
            ),
            _("She hears what others found useful."),
        ),
        {"id": "month", "kind": "wait", "days": 21},
        {
            "id": "again",
            "kind": "condition",
            "title": _("Has she ordered again?"),
            "rule": _ORDERED_LATELY,
            "yes": [],
            "no": [
                _task("refill", _("It may be used up by now: ask whether she needs a new one."))
            ],
        },
    ]
    return _journey(
        CONTACT,
        {"kind": "order_paid"},
        steps,
        exits=_LEAVES,
        reentry={"kind": "after_days", "days": 30},
    )


def _wake_up() -> Draft:
    steps = [
        _days_later("first", 1),
        _send(
            "value",
            _("Something of worth, no offer"),
            _(
                "It has been a while. Should anything about what you bought be unclear, ask me "
                "whenever; otherwise no need to answer."
            ),
            _("She gets something without having to buy."),
        ),
        _days_later("week", 7),
        _task("ask", _("Ask in person how she is doing and what was missing last time.")),
        _days_later("second", 7),
        _send(
            "offer",
            _("An offer for her alone"),
            _(
                "We have set something aside for you alone. Answer me if you would like it, and I "
                "tell you how to get it."
            ),
            _("A price that only she gets."),
            touch_class="deep",
        ),
    ]
    return _journey(
        CONTACT,
        {"kind": "stage", "to": ["silent"], "from": []},
        steps,
        exits=[{"kind": "ordered"}, *_LEAVES],
        reentry={"kind": "after_days", "days": 90},
    )


def _group_days() -> list[tuple[str, str]]:
    """The task of each of the seven days, with its name; each has its reward."""
    return [
        (
            _("Day 1: say who you are"),
            _(
                "Welcome, everybody! Today’s task: change your name in this group to “name-skin "
                "type-what you look for”. Whoever has done it by tonight gets a sample."
            ),
        ),
        (
            _("Day 2: add your adviser"),
            _(
                "Today’s task: add me as a friend, and you get your own tutorial. The first "
                "twenty also get a coupon."
            ),
        ),
        (
            _("Day 3: one question"),
            _(
                "Today’s task: ask one question you always had about the product. Every question "
                "is answered here, the best one gets a gift."
            ),
        ),
        (
            _("Day 4: show how you use it"),
            _(
                "Today’s task: show a picture of how you use it. Three pictures are drawn for a "
                "travel set."
            ),
        ),
        (
            _("Day 5: guess"),
            _("Today’s task: guess what is new next month. Who is right tries it first."),
        ),
        (
            _("Day 6: a friend"),
            _(
                "Today’s task: whom would you like to give something? Tell us why; five of the "
                "gifts we pay for."
            ),
        ),
        (
            _("Day 7: look back"),
            _(
                "The seven days are over. Today’s task: say in one sentence what helped you most. "
                "Whoever did all seven gets the big parcel."
            ),
        ),
    ]


def _group_onboarding() -> Draft:
    steps: list[Draft] = []
    for day, (title, text) in enumerate(_group_days(), 1):
        steps.append(_days_later(f"wait{day}", 0 if day == 1 else 1))
        benefit = _("A small task with a reward, and a group that talks.")
        # A task of its day is worth nothing the day after.
        steps.append(_send(f"day{day}", title, text, benefit, patience_hours=10))
    return _journey(GROUP, {"kind": "group_opened"}, steps)


TEMPLATES = (
    JourneyTemplate(
        "new_friend",
        gettext_lazy("The first week of a new friend"),
        gettext_lazy("Three messages in seven days, and a task for staff when she has ordered."),
        CONTACT,
        "waving_hand",
        _new_friend,
    ),
    JourneyTemplate(
        "group_onboarding",
        gettext_lazy("Seven days of a new group"),
        gettext_lazy("One rewarded task a day from the opening of the group."),
        GROUP,
        "groups",
        _group_onboarding,
    ),
    JourneyTemplate(
        "post_purchase",
        gettext_lazy("After a purchase"),
        gettext_lazy("Help with using it, a look after it, and a question when it may be used up."),
        CONTACT,
        "shopping_bag",
        _post_purchase,
    ),
    JourneyTemplate(
        "wake_up",
        gettext_lazy("Wake up who fell silent"),
        gettext_lazy("First something of worth, then a word in person, only then an offer."),
        CONTACT,
        "notifications_active",
        _wake_up,
    ),
)
