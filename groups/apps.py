from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GroupsConfig(AppConfig):
    name = "groups"
    # `groups` is also the related name of Django's own permission groups.
    verbose_name = _("Customer groups")

    def ready(self) -> None:
        _register_sync()
        _register_callbacks()
        _register_cards()
        _register_segments()
        _register_pages()


def _register_segments() -> None:
    from groups import segment_fields

    segment_fields.register_fields()


def _register_pages() -> None:
    from groups import menu

    menu.register_pages()


def _register_sync() -> None:
    from groups.services import facts, sync

    sync.register_steps()
    facts.register_facts()


def _register_callbacks() -> None:
    from groups.services import callbacks

    callbacks.register_handlers()


def _register_cards() -> None:
    from groups import cards

    cards.register_cards()
