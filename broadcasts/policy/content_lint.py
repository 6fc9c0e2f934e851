"""Hints on the words of a message (内容检查). Pure; hints never forbid anything.

Reading takes about 6 Chinese characters or 3 words a second (300 to 500 characters and 180 to
240 words a minute are what studies of silent reading name). What speaks of 我们 more than of 你
speaks to nobody; what only sells is not read; a message of more than half a minute neither.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

CHARACTERS_PER_SECOND = 6
WORDS_PER_SECOND = 3
LONGEST_SECONDS = 30
MOST_LINKS = 2
MOST_EMOJI = 5
MOST_PROMO = 0.5

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"[A-Za-z0-9]+(?:['’.-][A-Za-z0-9]+)*")
_URL = re.compile(r"https?://[^\s\u4e00-\u9fff，。！？、；]+", re.ASCII | re.IGNORECASE)
_YOU = re.compile(r"你们|您|你|\byou(?:r|rs)?\b", re.IGNORECASE)
_WE = re.compile(r"我们|咱们|本店|我司|小店|\b(?:we|our|ours|us)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[^。！？!?；;\n]+")
_PROMO = re.compile(
    r"优惠|折扣|\d折|满\d+|立减|直降|特价|秒杀|抢购|抢先|下单|购买|促销|限时|限量|包邮|福利价|到手价|"
    r"券|红包|[¥￥]\s?\d|\d+\s?元|\b(?:sale|discount|off|buy|order now|coupon|deal)\b",
    re.IGNORECASE,
)
# Pictographs, without the marks that only join or colour them.
_EMOJI = re.compile(
    "[\U0001f1e6-\U0001f1ff\U0001f300-\U0001f3fa\U0001f400-\U0001faff\u2600-\u27bf\u2b50\u2b55]"
)


@dataclass(frozen=True)
class Hint:
    """One thing to think about. `code` says what, `words` and `number` which and how much."""

    code: str
    words: tuple[str, ...] = ()
    number: float = 0


@dataclass(frozen=True)
class Lint:
    """What was counted, and the hints that follow from it.

    `you` and `we` count address and self-address; `promo_share` is the share of sentences that
    sell, between 0 and 1.
    """

    seconds: int
    you: int
    we: int
    promo_share: float
    links: int
    emoji: int
    hints: tuple[Hint, ...]


def lint(text: str, *, forbidden: Sequence[str], links: int = 0) -> Lint:
    """Look at a text; `links` more are attached to it."""
    bare = _URL.sub(" ", text)
    seconds = math.ceil(
        len(_HAN.findall(bare)) / CHARACTERS_PER_SECOND
        + len(_WORD.findall(bare)) / WORDS_PER_SECOND
    )
    you, we = len(_YOU.findall(bare)), len(_WE.findall(bare))
    sentences = [one for one in _SENTENCE.findall(bare) if one.strip()]
    selling = sum(bool(_PROMO.search(one)) for one in sentences)
    share = selling / len(sentences) if sentences else 0.0
    all_links, emoji = links + len(_URL.findall(text)), len(_EMOJI.findall(text))
    lowered = text.lower()
    named = tuple(word for word in dict.fromkeys(forbidden) if word and word.lower() in lowered)
    judged = (
        (bool(named), Hint("forbidden", words=named)),
        (seconds > LONGEST_SECONDS, Hint("long", number=seconds)),
        (we > you, Hint("we", number=we)),
        (bool(text.strip()) and not you and not we, Hint("nobody")),
        (share > MOST_PROMO, Hint("promo", number=share)),
        (all_links > MOST_LINKS, Hint("links", number=all_links)),
        (emoji > MOST_EMOJI, Hint("emoji", number=emoji)),
    )
    return Lint(
        seconds=seconds,
        you=you,
        we=we,
        promo_share=share,
        links=all_links,
        emoji=emoji,
        hints=tuple(hint for applies, hint in judged if applies),
    )
