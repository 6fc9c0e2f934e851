"""All addresses: the console's pages, the admin, the callback, the API, health."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from scrm.console.pages import urlpatterns as console_pages
from scrm.console.views import HomePage
from scrm.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("", include("contacts.urls")),
    path("l/", include("broadcasts.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("wecom/", include("scrm.wecom.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    path("api/v1/", include("scrm.api")),
    path(
        "",
        include(
            ([path("", HomePage.as_view(), name="home"), *console_pages()], "console"),
        ),
    ),
]

handler404 = "scrm.not_found.not_found"
