from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BroadcastsConfig(AppConfig):
    name = "broadcasts"
    verbose_name = _("Reach")

    def ready(self) -> None:
        from broadcasts import segment_fields
        from broadcasts.menu import register_pages
        from broadcasts.selectors import set_up, timeline_sources

        segment_fields.register_fields()
        register_pages()
        set_up.register_checks()
        timeline_sources.register_sources()
