"""Hints on content in words (内容检查): what the linter counted, for people."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from broadcasts.models import ContentSettings
from broadcasts.policy.content_lint import LONGEST_SECONDS, MOST_EMOJI, MOST_LINKS, Hint, Lint, lint


def content_settings() -> ContentSettings:
    """The one row, or the defaults while nobody has changed anything."""
    return ContentSettings.objects.filter(pk=1).first() or ContentSettings()


def look_at(text: str, *, links: int = 0) -> Lint:
    """The linter with the words in force."""
    return lint(text, forbidden=content_settings().forbidden_words, links=links)


def hint_words(hint: Hint) -> str:
    """A hint as a sentence: what is there, and what would be better."""
    match hint.code:
        case "forbidden":
            message = _("Advertising law forbids or risks: %(words)s. Say what is true instead.")
            return message % {"words": _("、").join(hint.words)}
        case "long":
            message = _("Reading takes %(seconds)d seconds; after %(most)d most have gone.")
            return message % {"seconds": hint.number, "most": LONGEST_SECONDS}
        case "we":
            return _("It says “we” more often than “you”. Begin with what the customer gains.")
        case "nobody":
            return _("It addresses nobody. A “you” makes it a message to a person.")
        case "promo":
            message = _("%(share)d %% of its sentences sell. Add something useful or kind.")
            return message % {"share": round(100 * hint.number)}
        case "links":
            message = _("%(number)d links; with more than %(most)d nobody knows which to open.")
            return message % {"number": hint.number, "most": MOST_LINKS}
        case "emoji":
            message = _("%(number)d emoji; more than %(most)d look like an advertisement.")
            return message % {"number": hint.number, "most": MOST_EMOJI}
    raise ValueError(hint.code)


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
