"""What every endpoint of this app shares: permissions, pages by cursor, who asks."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import DjangoModelPermissions
from rest_framework.request import Request

from scrm.console.models import Operator


class ModelPermissions(DjangoModelPermissions):
    """Django's permission for each method; reading needs `view`, counting no more than that."""

    perms_map = DjangoModelPermissions.perms_map | {
        "GET": ["%(app_label)s.view_%(model_name)s"],
        "HEAD": ["%(app_label)s.view_%(model_name)s"],
    }


class MayView(ModelPermissions):
    """For questions asked by POST."""

    only_reads = True
    perms_map = ModelPermissions.perms_map | {"POST": ["%(app_label)s.view_%(model_name)s"]}


class NewestFirst(CursorPagination):
    """Pages by cursor: no page counts or skips rows."""

    page_size = 100
    max_page_size = 1000
    page_size_query_param = "page_size"
    ordering: Any = ("-first_followed_at", "-pk")

    def decode_cursor(self, request: Request) -> Any:
        """404 for a cursor that names no moment, too, which the base would pass to Postgres."""
        cursor = super().decode_cursor(request)
        if (
            cursor is not None
            and cursor.position is not None
            and not _is_moment(str(cursor.position))
        ):
            raise NotFound(self.invalid_cursor_message)
        return cursor


def _is_moment(text: str) -> bool:
    try:
        moment = parse_datetime(text)
        return moment is not None and moment.tzinfo is not None and moment.astimezone(UTC).year > 1
    except (ValueError, OverflowError):
        return False


class LastChangedFirst(NewestFirst):
    ordering: Any = ("-updated_at", "-pk")


def operator_of(request: Request) -> Operator:
    """Who asks; a token belongs to an operator."""
    if not isinstance(request.user, Operator):
        raise TypeError("the API knows operators only")
    return request.user
