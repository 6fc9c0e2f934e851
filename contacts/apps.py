from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContactsConfig(AppConfig):
    name = "contacts"
    verbose_name = _("Customers")

    def ready(self) -> None:
        _register_segments()
        _register_pages()


def _register_segments() -> None:
    from contacts import segment_fields, segment_menu

    segment_fields.register_fields()
    segment_menu.register_pages()


def _register_pages() -> None:
    from contacts import menu

    menu.register_pages()
