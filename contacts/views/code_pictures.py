"""Pictures of codes from our own server: WeCom's addresses end, and browsers may not ask them."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import content_disposition_header

from contacts.models import Channel
from contacts.services.code_pictures import picture_of
from contacts.views.channel_list import MAY_LOOK
from scrm import wecom
from scrm.console.views import ConsolePage

_A_DAY = 24 * 3600


class CodePicturePage(ConsolePage):
    """The picture alone; with `?save` as a file under the code's own name.

    404 for a code without a picture, 503 while WeCom does not give it.
    """

    def code(self) -> tuple[str, str]:
        """Its name and WeCom's address of its picture; the address may be empty."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        name, address = self.code()
        if not address:
            raise Http404
        try:
            picture = picture_of(address=address, now=timezone.now())
        except wecom.WeComError as error:
            return HttpResponse(error.advice, status=503, content_type="text/plain; charset=utf-8")
        answer = HttpResponse(bytes(picture.content), content_type=f"image/{picture.kind}")
        answer["Cache-Control"] = f"private, max-age={_A_DAY}"
        ending = "png" if picture.kind == "png" else "jpg"
        header = content_disposition_header("save" in request.GET, f"{name}.{ending}")
        answer["Content-Disposition"] = header or "inline"
        return answer


class ChannelPicture(CodePicturePage):
    permission = MAY_LOOK

    def code(self) -> tuple[str, str]:
        channel = get_object_or_404(
            Channel, pk=self.kwargs["pk"], kind=Channel.Kind.CODE, status=Channel.Status.LIVE
        )
        return channel.name, channel.address
