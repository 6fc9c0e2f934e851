from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "scrm.audit"
    label = "audit"
    verbose_name = _("Operation log")

    def ready(self) -> None:
        from scrm.audit.menu import register_pages

        register_pages()
