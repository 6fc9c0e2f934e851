"""What a service says against a request, as an answer of the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rest_framework import status
from rest_framework.exceptions import APIException, PermissionDenied, ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from broadcasts.services.control import NeedsApproval
from broadcasts.services.review import MayNotApprove
from scrm.errors import InvalidInput, ScrmError

NO_FIELD = "non_field_errors"


class Conflict(APIException):
    """The row is in a state in which this cannot be done."""

    status_code = status.HTTP_409_CONFLICT


class ByAction(BasePermission):
    """The permission that each action of a view set needs, as on the pages; `looking` for those
    that are not named.
    """

    looking = ""
    needed: Mapping[str, str] = {}

    def has_permission(self, request: Request, view: Any) -> bool:
        permission = self.needed.get(view.action, self.looking)
        return bool(request.user and request.user.has_perm(permission))


@contextmanager
def said(**renamed: str) -> Iterator[None]:
    """400 by field for what can be mended in the request, 403 where somebody else has to act, 409
    for the rest. `renamed` maps fields of the service to those of the API.
    """
    try:
        yield
    except InvalidInput as error:
        field = renamed.get(error.field or "", error.field) or NO_FIELD
        raise ValidationError({field: [str(error)]}) from error
    except (NeedsApproval, MayNotApprove) as error:
        raise PermissionDenied(str(error), code=error.code) from error
    except ScrmError as error:
        raise Conflict(str(error), code=error.code) from error
