from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContactsConfig(AppConfig):
    name = "contacts"
    verbose_name = _("Customers")

    def ready(self) -> None:
        _register_sync()
        _register_callbacks()
        _register_segments()
        _register_pages()
        _register_checks()
        _register_timeline()


def _register_segments() -> None:
    from contacts import segment_fields

    segment_fields.register_fields()


def _register_pages() -> None:
    from contacts import menu

    menu.register_pages()


def _register_sync() -> None:
    from contacts.services.sync import register

    register.register_steps()


def _register_callbacks() -> None:
    from contacts.services import callbacks

    callbacks.register_handlers()


def _register_checks() -> None:
    from contacts.selectors import set_up

    set_up.register_checks()


def _register_timeline() -> None:
    from contacts.selectors import timeline_sources

    timeline_sources.register_sources()
