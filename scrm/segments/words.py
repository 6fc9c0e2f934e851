"""The words of each operator: its label in the builder, its sentence in an explanation."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from scrm.segments.kinds import Kind


@dataclass(frozen=True, slots=True)
class Words:
    label: str | Promise
    sentence: str | Promise


def _sign(sign: str) -> Words:
    return Words(sign, f"%(field)s {sign} %(value)s")


_BETWEEN = Words(_("between"), _("%(field)s from %(low)s to %(high)s"))
_COMPARISONS = {
    "=": _sign("="),
    "!=": _sign("≠"),
    ">=": _sign("≥"),
    ">": _sign(">"),
    "<=": _sign("≤"),
    "<": _sign("<"),
    "between": _BETWEEN,
}

OPERATOR_WORDS: dict[Kind, dict[str, Words]] = {
    Kind.NUMBER: _COMPARISONS,
    Kind.MONEY: _COMPARISONS,
    Kind.DATE: {
        "within_days": Words(
            _("within the last days"), _("%(field)s within the last %(value)s days")
        ),
        "not_within_days": Words(
            _("not within the last days"), _("%(field)s not within the last %(value)s days")
        ),
        "before": Words(_("before"), _("%(field)s before %(value)s")),
        "after": Words(_("after"), _("%(field)s after %(value)s")),
        "between": _BETWEEN,
        "is_set": Words(_("is known"), _("%(field)s is known")),
        "is_empty": Words(_("never"), _("%(field)s: never")),
    },
    Kind.CHOICE: {
        "in": Words(_("is one of"), _("%(field)s is %(value)s")),
        "not_in": Words(_("is none of"), _("%(field)s is not %(value)s")),
    },
    Kind.SET: {
        "any": Words(_("has any of"), _("%(field)s has any of %(value)s")),
        "all": Words(_("has all of"), _("%(field)s has all of %(value)s")),
        "none": Words(_("has none of"), _("%(field)s has none of %(value)s")),
        "not_empty": Words(_("has at least one"), _("%(field)s: at least one")),
        "empty": Words(_("has none at all"), _("%(field)s: none at all")),
    },
    Kind.TEXT: {
        "contains": Words(_("contains"), _("%(field)s contains “%(value)s”")),
        "is": Words(_("is exactly"), _("%(field)s is exactly “%(value)s”")),
    },
    Kind.BOOL: {"is": Words(_("is"), _("%(field)s: %(value)s"))},
}


# The headings of groups, in the builder and in an outline.
GROUP_WORDS: dict[str, str | Promise] = {
    "all": _("All of these hold"),
    "any": _("At least one of these holds"),
    "none": _("None of these holds"),
    "notAll": _("Not all of these hold"),
}
