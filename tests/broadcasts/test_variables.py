"""Variables in the words of messages."""

from broadcasts.policy.variables import (
    CUSTOMER,
    LAST_PRODUCT,
    OF_WELCOME,
    STAFF,
    fill,
    unknown,
    used,
)

NEUTRAL = {"customer": "朋友", "staff": "顾问"}


def test_names_stand_where_their_variables_stood():
    text = "{客户昵称}, I am { staff }. {customer}!"
    values = {"customer": "小雨", "staff": "Fang"}
    assert fill(text, values, fallbacks=NEUTRAL) == "小雨, I am Fang. 小雨!"


def test_a_name_cannot_break_the_lines_of_a_message():
    values = {"customer": "a\n\u202eb \x00c"}
    assert fill("{customer}!", values, fallbacks=NEUTRAL) == "a b c!"


def test_a_name_that_looks_like_a_variable_is_only_a_name():
    values = {"customer": "{staff}", "staff": "Fang"}
    assert fill("{customer}", values, fallbacks=NEUTRAL) == "{staff}"


def test_what_is_not_known_becomes_its_own_word_then_the_neutral_one():
    assert fill("{客户昵称|亲} {customer}{staff|}", {}, fallbacks=NEUTRAL) == "亲 朋友"


def test_what_cannot_be_filled_here_stays_for_who_can():
    assert fill("{customer} {staff}", {"staff": "Fang"}, fallbacks={"staff": "顾问"}) == (
        "{customer} Fang"
    )


def test_unknown_variables_are_named_once():
    text = "{a} {customer} {b|c} {a} {} { staff } {最近购买}"
    assert unknown(text) == ["a", "b"]
    assert unknown(text, known=OF_WELCOME) == ["a", "b", "最近购买"]
    assert used(text) == [CUSTOMER, STAFF, LAST_PRODUCT]
