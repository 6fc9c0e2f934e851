"""Hints on content in words (内容检查): what the linter counted, for people."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from broadcasts.models import ContentSettings
from broadcasts.policy.content_lint import LONGEST_SECONDS, MOST_EMOJI, MOST_LINKS, Hint, Lint, lint

_MOST = {"long": LONGEST_SECONDS, "links": MOST_LINKS, "emoji": MOST_EMOJI}
_SENTENCES = {
    "forbidden": _("Advertising law forbids or risks: %(words)s. Say what is true instead."),
    "long": _("Reading takes %(number)d seconds; after %(most)d most have gone."),
    "we": _("It says “we” more often than “you”. Begin with what the customer gains."),
    "nobody": _("It addresses nobody. A “you” makes it a message to a person."),
    "promo": _("%(number)d %% of its sentences sell. Add something useful or kind."),
    "links": _("%(number)d links; with more than %(most)d nobody knows which to open."),
    "emoji": _("%(number)d emoji; more than %(most)d look like an advertisement."),
}


def content_settings() -> ContentSettings:
    """The one row, or the defaults while nobody has changed anything."""
    return ContentSettings.objects.filter(pk=1).first() or ContentSettings()


def look_at(text: str, *, links: int = 0) -> Lint:
    """The linter with the words in force."""
    return lint(text, forbidden=content_settings().forbidden_words, links=links)


def hint_words(hint: Hint) -> str:
    """A hint as a sentence: what is there, and what would be better."""
    number = 100 * hint.number if hint.code == "promo" else hint.number
    return str(_SENTENCES[hint.code]) % {
        "words": gettext("、").join(hint.words),
        "number": round(number),
        "most": _MOST.get(hint.code, 0),
    }


def in_words(found: Lint) -> dict[str, Any]:
    """For pages and programs: figures, and hints with their codes."""
    return {
        "seconds": found.seconds,
        "reading": ngettext("about %(n)d second", "about %(n)d seconds", found.seconds)
        % {"n": found.seconds},
        "you": found.you,
        "we": found.we,
        "promo_share": round(found.promo_share, 3),
        "links": found.links,
        "emoji": found.emoji,
        "hints": [{"code": hint.code, "words": hint_words(hint)} for hint in found.hints],
    }
