"""The steps that contacts walks. Steps of upper apps stand between the customers and the end."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from contacts.services.sync import customers, directory, finish
from contacts.services.sync.steps import Step, plain, register_step


def register_steps() -> None:
    """Called once, when the app is ready."""
    for step in (
        Step("departments", _("Departments"), 10, plain(directory.read_departments)),
        Step("staff", _("Staff"), 20, plain(directory.read_staff)),
        Step("tags", _("Corp tags"), 30, plain(directory.read_tags)),
        Step("contacts", _("Customers"), 40, customers.ContactReader),
        Step("losses", _("Ended relations"), 80, plain(finish.read_losses)),
        Step("orders", _("Waiting orders"), 85, plain(finish.read_orders)),
        Step("facts", _("Facts for segments"), 90, plain(finish.read_facts)),
        Step("lifecycle", _("Lifecycle stages"), 95, plain(finish.read_lifecycle)),
    ):
        register_step(step)
