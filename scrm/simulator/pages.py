"""The files of the phone page (手机页面): small, without a build, from this folder alone."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).with_name("page")
_KINDS = {
    ".html": "text/html; charset=UTF-8",
    ".css": "text/css; charset=UTF-8",
    ".js": "text/javascript; charset=UTF-8",
}
# Names and messages come from API clients: nothing but our own files may act on the page.
_POLICY = (
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
}
Page = tuple[int, dict[str, str], list[bytes]]


def page(name: str) -> Page | None:
    """The file of this name, the page itself for ""; None when there is none."""
    path = FOLDER / (name or "index.html")
    if path.parent != FOLDER or not path.is_file():
        return None
    headers = {
        "Content-Type": _KINDS[path.suffix],
        "Cache-Control": "no-cache",
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    return 200, headers, [path.read_bytes()]


def picture(content: bytes | None) -> Page | None:
    """An uploaded picture; None for anything a browser should not show."""
    for start, kind in _PICTURES.items():
        if content is not None and content.startswith(start):
            headers = {"Content-Type": kind, "Cache-Control": "max-age=3600"}
            return 200, {**headers, "X-Content-Type-Options": "nosniff"}, [content]
    return None
