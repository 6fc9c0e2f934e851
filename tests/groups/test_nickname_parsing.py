"""Taking nicknames apart."""

from __future__ import annotations

import pytest

from groups.rules.nickname import Problem, key_of, parse


@pytest.mark.parametrize(
    ("nickname", "separators", "parts"),
    [
        ("小雨-油皮-初级", "-", ("小雨", "油皮", "初级")),
        ("小雨+油皮-初级", "-+", ("小雨", "油皮", "初级")),
        ("小雨－油皮－初级", "-", ("小雨", "油皮", "初级")),
        (" 小雨 - 油皮 - 初级 ", "-", ("小雨", "油皮", "初级")),
        ("小雨  油皮 初级", " ", ("小雨", "油皮", "初级")),
        ("小雨 - 油皮 初级", "- ", ("小雨", "油皮", "初级")),
        ("Amy|Dry|2", "|", ("Amy", "Dry", "2")),
    ],
)
def test_a_nickname_is_split_at_its_separators(nickname, separators, parts):
    assert parse(nickname, separators=separators, parts=3).parts == parts
    assert parse(nickname, separators=separators, parts=3).problem is None


@pytest.mark.parametrize(
    ("nickname", "problem"),
    [
        ("小雨", Problem.TOO_FEW),
        ("小雨-油皮", Problem.TOO_FEW),
        ("小-雨-油皮-初级", Problem.TOO_MANY),
        ("小雨--初级", Problem.EMPTY_PART),
        ("-", Problem.TOO_FEW),
        ("", Problem.TOO_FEW),
    ],
)
def test_what_does_not_follow_the_rule_says_why(nickname, problem):
    assert parse(nickname, separators="-", parts=3).problem is problem


def test_spellings_of_one_value_have_one_key():
    assert len({key_of(text) for text in ("VIP 2", "vip2", "ＶＩＰ２", " Vip 2 ")}) == 1
