"""Addresses without a log-in: a customer's own pages, opened by a signed link, and what other
systems send, signed as well.
"""

from __future__ import annotations

from django.urls import include, path

from contacts.views.h5_preferences import PreferencePage
from contacts.views.order_hook import order_hook

_pages = [path("preferences/<str:token>/", PreferencePage.as_view(), name="preferences")]
_hooks = [path("orders/<slug:source>/", order_hook, name="orders")]

urlpatterns = [
    path("h5/", include((_pages, "h5"))),
    path("hooks/", include((_hooks, "hooks"))),
]
