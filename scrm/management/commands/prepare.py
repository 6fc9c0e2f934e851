"""Everything an installation needs before it serves: checked settings, tables, a first operator."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from scrm.console.models import Operator, Role
from scrm.embedded.supervisor import DEMO_PASSWORD


class Command(BaseCommand):
    help = (
        "Check the settings, bring the tables up to date, create the administrator `admin` when "
        "there is no operator yet, and print how to log in."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--demo", action="store_true", help="use the well-known password of the demo"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("check", fail_level="ERROR", stdout=self.stderr)
        call_command("migrate", interactive=False, verbosity=0)
        if not Operator.objects.exists():
            password = DEMO_PASSWORD if options["demo"] else secrets.token_urlsafe(12)
            Operator.objects.create_superuser("admin", password=password, role=Role.ADMIN)
            self.stdout.write(f"Log in as  admin  with the password  {password}")
        elif options["demo"] and _still_has_demo_password():
            self.stdout.write(f"Log in as  admin  with the password  {DEMO_PASSWORD}")


def _still_has_demo_password() -> bool:
    admin = Operator.objects.filter(username="admin").first()
    return admin is not None and admin.check_password(DEMO_PASSWORD)
