"""The barest Django view that verifies a callback and keeps it: the baseline of bench.callbacks."""

from __future__ import annotations

import hashlib
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from scrm.wecom.callback.crypto import Cipher
from scrm.wecom.callback.envelope import sealed_part

_INSERT = """
    INSERT INTO wecom_callbackevent (
        digest, event, change_type, order_key, body, received_at, state, attempts, due_at, error
    ) VALUES (%s, 'bare', '', '', %s, %s, 'new', 0, %s, '') ON CONFLICT (digest) DO NOTHING
"""
_ciphers: list[Cipher] = []


@csrf_exempt
def bare(request: HttpRequest) -> HttpResponse:
    if not _ciphers:
        keys = (settings.WECOM_CALLBACK_TOKEN, settings.WECOM_ENCODING_AES_KEY)
        _ciphers.append(Cipher(*keys, settings.WECOM_CORP_ID))
    text = _ciphers[0].decrypt(
        sealed_part(request.body),
        signature=request.GET["msg_signature"],
        nonce=request.GET["nonce"],
        timestamp=request.GET["timestamp"],
    )
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [hashlib.sha256(text.encode()).hexdigest(), text, now, now])
    return HttpResponse("success", content_type="text/plain", headers={"Content-Length": "7"})


urlpatterns = [path("wecom/callback/", bare)]

if os.environ.get("DJANGO_SETTINGS_MODULE") == "bench._bare_settings":
    application = get_wsgi_application()
