from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnalyticsConfig(AppConfig):
    name = "analytics"
    verbose_name = _("Data")

    def ready(self) -> None:
        _register_pages()
        _register_cards()
        _register_segment_fields()


def _register_pages() -> None:
    from analytics import views
    from analytics.selectors.scope import PERMISSION
    from scrm.console.pages import Page, Section, register

    for page in (
        Page(
            name="analytics",
            path="analytics/",
            view=views.Dashboard.as_view(),
            section=Section.ANALYTICS,
            permission=PERMISSION,
            label=_("Customer value"),
            icon="monitoring",
            order=10,
        ),
        Page(
            name="analytics-quality",
            path="analytics/quality/",
            view=views.ForecastQuality.as_view(),
            section=Section.ANALYTICS,
            permission=PERMISSION,
            label=_("Quality of the forecast"),
            icon="rule",
            order=20,
        ),
        Page(
            name="analytics-definitions",
            path="analytics/definitions/",
            view=views.Definitions.as_view(),
            section=Section.ANALYTICS,
            permission=PERMISSION,
            label=_("What the figures mean"),
            icon="menu_book",
            order=90,
        ),
        Page(
            name="analytics-download",
            path="analytics/<slug:dataset>.csv",
            view=views.Download.as_view(),
            section=Section.ANALYTICS,
            permission=PERMISSION,
        ),
    ):
        register(page)


def _register_cards() -> None:
    from analytics.cards import CARDS
    from scrm.console.cards import register

    for card in CARDS:
        register(card)


def _register_segment_fields() -> None:
    from analytics import segment_fields

    segment_fields.register_fields()
