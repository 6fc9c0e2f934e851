"""The REST API (`/api/v1/`): one router, filled by each app's `api.py`."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from rest_framework.routers import DefaultRouter

_APPS = ("contacts", "groups", "broadcasts", "analytics")

router = DefaultRouter()
# There is one format, so an address has one spelling.
router.include_format_suffixes = False
for _app in _APPS:
    if find_spec(f"{_app}.api") is not None:
        for _prefix, _viewset in import_module(f"{_app}.api").VIEWSETS.items():
            router.register(_prefix, _viewset, basename=_prefix)

urlpatterns = router.urls
