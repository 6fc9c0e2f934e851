"""The WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application
from django.template.loader import get_template
from django.urls import resolve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")

application = get_wsgi_application()

# Every address and the frame of all pages are loaded here, before anybody asks for a page.
resolve("/")
get_template("console/page.html")
