"""Builders: plain functions that make one row with sensible values; overrides by keyword."""

from __future__ import annotations

from itertools import count

from scrm.console.models import Operator, Role

_numbers = count(1)


def operator(**overrides):
    number = next(_numbers)
    values = {"username": f"operator-{number}", "role": Role.ADMIN, "is_staff": True, **overrides}
    return Operator.objects.create_user(password="a-long-password", **values)
