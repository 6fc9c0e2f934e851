"""The REST API (`/api/v1/`): one router, filled by each app's `api.py`."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from scrm.token_scope import ScopedRouter

_APPS = ("contacts", "groups", "broadcasts", "analytics")
# An app is an area of tokens, except for what is one of its own.
_AREAS = {"orders": "orders"}

router = ScopedRouter()
# There is one format, so an address has one spelling.
router.include_format_suffixes = False
for _app in _APPS:
    if find_spec(f"{_app}.api") is not None:
        for _prefix, _viewset in import_module(f"{_app}.api").VIEWSETS.items():
            router.register_in(_AREAS.get(_prefix, _app), _prefix, _viewset)

urlpatterns = router.urls
