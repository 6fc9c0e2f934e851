from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnalyticsConfig(AppConfig):
    name = "analytics"
    verbose_name = _("Data")

    def ready(self) -> None:
        _register_pages()
        _register_cards()
        _register_segment_fields()
        _register_checks()


def _register_pages() -> None:
    from analytics import menu

    menu.register_pages()


def _register_cards() -> None:
    from analytics.cards import CARDS
    from scrm.console.cards import register

    for card in CARDS:
        register(card)


def _register_segment_fields() -> None:
    from analytics import segment_fields

    segment_fields.register_fields()


def _register_checks() -> None:
    from analytics.selectors import report_set_up

    report_set_up.register_checks()
