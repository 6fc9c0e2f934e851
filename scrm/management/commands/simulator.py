"""`manage.py simulator`: the local WeCom (模拟企业微信) with the ids this installation uses."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from scrm.simulator.identity import Identity
from scrm.simulator.launch import add_arguments, run


class Command(BaseCommand):
    help = "Serve a local WeCom with a pretend tea brand on 127.0.0.1."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)
        parser.set_defaults(port=settings.SIMULATOR_PORT)

    def handle(self, *_args: Any, **options: Any) -> None:
        identity = Identity(
            corp_id=settings.WECOM_CORP_ID,
            agent_id=settings.WECOM_AGENT_ID,
            secret=settings.WECOM_SECRET,
            callback_token=settings.WECOM_CALLBACK_TOKEN,
            aes_key=settings.WECOM_ENCODING_AES_KEY,
        )
        try:
            run(Namespace(**options), identity)
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
