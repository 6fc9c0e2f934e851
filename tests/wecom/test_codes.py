"""The table of error codes: each code leads to one class and to words for the operator."""

from __future__ import annotations

import pytest
from django.utils import translation

from scrm import wecom
from scrm.wecom import errors
from scrm.wecom.codes import CODES, error_for


@pytest.mark.parametrize(
    ("code", "kind", "retryable"),
    [
        (-1, wecom.OutcomeUnknown, False),
        (6000, wecom.Busy, True),
        (40001, wecom.Misconfigured, False),
        (40003, wecom.NotFound, False),
        (40007, wecom.MediaExpired, False),
        (40014, wecom.TokenInvalid, True),
        (40058, wecom.BadRequest, False),
        (40096, wecom.NotFound, False),
        (41048, wecom.NobodyToSend, False),
        (41050, wecom.WelcomeExpired, False),
        (41051, wecom.WelcomeTaken, False),
        (41063, wecom.StillDispatching, True),
        (41093, wecom.AlreadyCancelled, False),
        (41094, wecom.TooManyReminders, False),
        (41096, wecom.WelcomeContested, True),
        (42001, wecom.TokenInvalid, True),
        (45009, wecom.RateLimited, True),
        (45033, wecom.Busy, True),
        (48002, wecom.Misconfigured, False),
        (60011, wecom.NotVisible, False),
        (60020, wecom.Misconfigured, False),
        (60111, wecom.NotFound, False),
        (84061, wecom.NoRelation, False),
        (987654, wecom.Refused, False),
    ],
)
def test_a_code_says_what_to_do_next(code, kind, retryable):
    error = error_for(code, "words that change", "some/path")
    assert type(error) is kind
    assert error.retryable is retryable
    assert bool(error.retry_after) is (retryable or kind is wecom.OutcomeUnknown)
    assert str(error) == f"some/path: {code} words that change"


def test_everything_but_silence_surely_did_not_happen():
    kinds = {kind for kind, _hint in CODES.values()} - {wecom.OutcomeUnknown}
    assert all(issubclass(kind, wecom.Refused) for kind in kinds)


def test_every_advice_is_a_sentence_in_both_languages():
    hints = {hint for _kind, hint in CODES.values() if hint}
    hints |= {
        kind.hint
        for kind in vars(errors).values()
        if isinstance(kind, type) and hasattr(kind, "hint")
    }
    for hint in hints:
        error = wecom.Refused(1, "", "", hint=hint)
        with translation.override("en"):
            assert error.advice.endswith(".")
        with translation.override("zh-hans"):
            assert error.advice.endswith("。"), error.advice


def test_every_public_name_can_be_had():
    assert all(getattr(wecom, name) for name in wecom.__all__)
    with pytest.raises(AttributeError):
        wecom.no_such_name  # noqa: B018
