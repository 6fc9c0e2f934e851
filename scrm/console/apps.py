from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class ConsoleConfig(AppConfig):
    name = "scrm.console"
    label = "console"
    verbose_name = _("Console")

    def ready(self) -> None:
        from scrm.console import pages, share_menu, token_menu

        pages.register(
            pages.MenuLink(
                name="home",
                url_name="console:home",
                section=pages.Section.HOME,
                label=_("Home"),
                icon="home",
                order=1,
            )
        )
        pages.register(
            pages.MenuLink(
                name="operators",
                url_name="admin:console_operator_changelist",
                section=pages.Section.SETTINGS,
                label=_("Operators"),
                permission="console.view_operator",
                icon="manage_accounts",
                order=10,
            )
        )
        token_menu.register_pages()
        share_menu.register_pages()


class ConsoleAdminConfig(AdminConfig):
    default_site = "scrm.console.site.ConsoleSite"
