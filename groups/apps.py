from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GroupsConfig(AppConfig):
    name = "groups"
    # `groups` is also the related name of Django's own permission groups.
    verbose_name = _("Customer groups")
