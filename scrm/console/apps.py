from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class ConsoleConfig(AppConfig):
    name = "scrm.console"
    label = "console"
    verbose_name = _("Console")


class ConsoleAdminConfig(AdminConfig):
    default_site = "scrm.console.site.ConsoleSite"
