"""The steps that contacts walks. Steps of upper apps stand between the customers and the end."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from contacts.services.sync import customers, directory, finish
from contacts.services.sync.steps import Step, register_step


def register_steps() -> None:
    """Called once, when the app is ready."""
    for step in (
        Step("departments", _("Departments"), 10, directory.read_departments),
        Step("staff", _("Staff"), 20, directory.read_staff),
        Step("tags", _("Corp tags"), 30, directory.read_tags),
        Step("contacts", _("Customers"), 40, customers.read_contacts),
        Step("losses", _("Ended relations"), 80, finish.read_losses),
        Step("orders", _("Waiting orders"), 85, finish.read_orders),
        Step("facts", _("Facts for segments"), 90, finish.read_facts),
        Step("lifecycle", _("Lifecycle stages"), 95, finish.read_lifecycle),
    ):
        register_step(step)
