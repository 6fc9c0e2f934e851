from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WeComConfig(AppConfig):
    name = "scrm.wecom"
    label = "wecom"
    verbose_name = _("WeCom")

    def ready(self) -> None:
        from scrm.wecom import quotas

        quotas.register_limits()

        from scrm.wecom.callback import notices

        notices.register_handlers()

        from scrm.wecom import menu

        menu.register_pages()

        from scrm.wecom.doctor import floor

        floor.register_checks()
