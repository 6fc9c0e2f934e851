"""What a token may do of what its operator may do: one permission, put before every view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.openapi import AutoSchema
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.routers import DefaultRouter

if TYPE_CHECKING:
    from rest_framework.views import APIView

    from scrm.console.models import TokenScope


class WithinScope(BasePermission):
    """Lets a token do what its scope allows; who is logged in otherwise is not held back here.

    Reading is GET, HEAD and OPTIONS, and what a permission of the view marks with `only_reads`.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        scope: TokenScope | None = getattr(request.auth, "scope", None)
        if scope is None:
            return True
        if area_of(view) not in scope.areas:
            self.message = _("This token was made for other areas of the API.")
            return False
        if scope.is_read_only and not only_reads(str(request.method), view):
            self.message = _("This token reads only.")
            return False
        return True


def area_of(view: APIView) -> str:
    """The ApiArea a view belongs to."""
    return str(getattr(view, "api_area", ""))


def only_reads(method: str, view: APIView) -> bool:
    marked = any(getattr(needed, "only_reads", False) for needed in view.permission_classes)
    return method in SAFE_METHODS or marked


class Scoped:
    """What the router puts before each view set, so that none can leave the scope out."""

    api_area = ""

    def get_permissions(self) -> list[Any]:
        return [WithinScope(), *super().get_permissions()]  # type: ignore[misc]


class ScopedRouter(DefaultRouter):
    """Registers every view set with the area it belongs to."""

    def register_in(self, area: str, prefix: str, viewset: type[Any]) -> None:
        scoped = type(viewset.__name__, (Scoped, viewset), {"api_area": area})
        # The description of an operation is the view set's own.
        scoped.__doc__, scoped.__module__ = viewset.__doc__, viewset.__module__
        self.register(prefix, scoped, basename=prefix)


class ScopedSchema(AutoSchema):
    """Says with each operation which scope a token needs for it."""

    def get_extensions(self) -> dict[str, Any]:
        area = area_of(self.view)
        if not area:
            return {}
        verb = "read" if only_reads(self.method, self.view) else "write"
        return {"x-token-scope": f"{area}:{verb}"}

    def get_description(self) -> str:  # type: ignore[override]  # spectacular's own form
        words = str(super().get_description() or "")
        scope = self.get_extensions().get("x-token-scope", "")
        return f"{words}\n\nToken scope: `{scope}`.".strip() if scope else words
