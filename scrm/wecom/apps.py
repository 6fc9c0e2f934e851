from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WeComConfig(AppConfig):
    name = "scrm.wecom"
    label = "wecom"
    verbose_name = _("WeCom")

    def ready(self) -> None:
        from django.conf import settings

        from scrm.ratelimit import limits

        limits.register(
            limits.Limit(
                "wecom.api",
                windows=(
                    limits.Window(60, settings.WECOM_CALLS_PER_MINUTE),
                    limits.Window(3600, settings.WECOM_CALLS_PER_HOUR),
                ),
                parallel=settings.WECOM_PARALLEL_CALLS,
                source="访问频率限制: 10,000 a minute and 150,000 an hour per corp and API, "
                "less 2 % for answers that arrive late; about 5 at once (45033), less one",
            )
        )

        from scrm.wecom.maxima import ONE_AT_A_TIME

        limits.register(ONE_AT_A_TIME)

        from scrm.wecom import menu

        menu.register_pages()
