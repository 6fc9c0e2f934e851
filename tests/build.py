"""Builders: plain functions that make one row with sensible values; overrides by keyword."""

from __future__ import annotations

from functools import cache
from itertools import count

from django.contrib.auth.hashers import make_password

from scrm.console.models import Operator, Role

_numbers = count(1)
# Hashing is slow on purpose, so one hash serves every operator.
_hashed = cache(make_password)


def operator(**overrides):
    number = next(_numbers)
    values = {"username": f"operator-{number}", "role": Role.ADMIN, "is_staff": True, **overrides}
    return Operator.objects.create(password=_hashed("a-long-password"), **values)
