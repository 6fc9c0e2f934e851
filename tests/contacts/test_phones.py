from __future__ import annotations

import pytest

from contacts.rules.phones import mask, normalise


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("13800001111", "13800001111"),
        ("+86 138-0000-1111", "13800001111"),
        ("0086 13800001111", "13800001111"),
        ("(021) 6888 1234", "02168881234"),
        ("138****1111", ""),
        ("unknown", ""),
        ("", ""),
    ],
)
def test_a_number_is_kept_in_one_form(written, kept):
    assert normalise(written) == kept


def test_a_masked_number_shows_only_its_ends():
    assert mask("13800001111") == "138****1111"
    assert mask("12345") == "*****"
    assert mask("") == ""
