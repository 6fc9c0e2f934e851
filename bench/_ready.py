"""Loaded once by the server that forks the processes of `_hammer`: Django, ready to be used."""

import django

django.setup()
