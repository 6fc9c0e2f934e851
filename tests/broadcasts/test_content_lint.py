"""Hints on the words of a message."""

import pytest

from broadcasts.policy.content_lint import lint
from broadcasts.policy.forbidden_words import USUAL
from broadcasts.selectors.content_lint import in_words

KIND = "王姐您好，您上次问的茶已经到了，您方便时来尝一尝。"


@pytest.mark.parametrize(
    ("text", "links", "codes"),
    [
        (KIND, 0, []),
        ("", 0, []),
        ("您好，这是全网最低价的茶。", 0, ["forbidden"]),
        ("我们上新了，我们很高兴，您来吗？", 0, ["we"]),
        ("今天下雨。", 0, ["nobody"]),
        ("您好！限时秒杀！满200立减！快来抢购！", 0, ["promo"]),
        (KIND, 3, ["links"]),
        (f"{KIND} https://a.cn/x https://b.cn/y", 1, ["links"]),
        (f"{KIND}🎉🎉🎉🎉🎉🎉", 0, ["emoji"]),
        (KIND * 10, 0, ["long"]),
    ],
)
def test_hints_follow_from_what_is_counted(text, links, codes):
    found = lint(text, forbidden=USUAL, links=links)
    assert [hint.code for hint in found.hints] == codes
    assert all(hint["words"] for hint in in_words(found)["hints"])


def test_reading_counts_characters_and_words_but_no_addresses():
    assert lint("茶" * 60, forbidden=()).seconds == 10
    assert lint("one two three https://tea.example.com/very/long", forbidden=()).seconds == 1


def test_shares_are_of_sentences():
    assert lint("您好。今天包邮。", forbidden=()).promo_share == 0.5
