"""Which addresses we call: https, and nothing inside our own network (SSRF).

An operator types the address, so without this check anybody with that right could read what only
this machine can reach: the metadata of a cloud, a database, other services behind the firewall.
The name is resolved once and the call goes to the very address that was checked, so an answer of
the DNS that changes in between leads nowhere.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from scrm.errors import InvalidInput

_LONGEST = 500
_PORTS = {"https": 443, "http": 80}


class AddressRefused(InvalidInput):
    """We do not call this address; the sentence says why."""

    code = "address_refused"


@dataclass(frozen=True)
class Address:
    """Where a call goes: the name for TLS and the Host header, and the checked IP address."""

    scheme: str
    host: str
    port: int
    ip: str
    target: str

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def check_address(url: str) -> None:
    """Raises AddressRefused when `url` is none we would call now."""
    resolve(url)


def resolve(url: str) -> Address:
    """The address behind `url`. Raises AddressRefused: not https, inside, unknown, or odd."""
    scheme, host, port, target = _parts(url)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _refused(_("The name %(host)s is not known.") % {"host": host}) from error
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    if host not in settings.WEBHOOK_INTERNAL_HOSTS:
        for address in addresses:
            if _is_inside(address):
                message = _("%(host)s leads into our own network, which is not called.")
                raise _refused(message % {"host": host})
    return Address(scheme=scheme, host=host, port=port, ip=addresses[0], target=target)


def _parts(url: str) -> tuple[str, str, int, str]:
    if len(url) > _LONGEST or any(ord(sign) <= 32 or ord(sign) == 127 for sign in url):
        raise _refused(_("This is no address."))
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise _refused(_("This is no address.")) from error
    if not host or "\\" in url:
        raise _refused(_("This is no address."))
    if parts.username is not None or parts.password is not None:
        raise _refused(_("No names and passwords in the address, please."))
    allowed = {"https", "http"} if host in settings.WEBHOOK_INTERNAL_HOSTS else {"https"}
    if parts.scheme not in allowed:
        raise _refused(_("Only https:// is called."))
    target = parts.path or "/"
    if parts.query:
        target = f"{target}?{parts.query}"
    return parts.scheme, host, port or _PORTS[parts.scheme], target


def _is_inside(text: str) -> bool:
    """Whether an address is anything but one of the open internet."""
    address = ip_address(text)
    return any(not one.is_global or one.is_multicast for one in _meant(address))


def _meant(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """The address and those that hide inside it (mapped, 6to4, Teredo, NAT64)."""
    meant = [address]
    if isinstance(address, IPv6Address):
        meant += [hidden for hidden in (address.ipv4_mapped, address.sixtofour) if hidden]
        meant += list(address.teredo or ())
        if address.exploded.startswith("0064:ff9b:0000:0000:0000:0000:"):
            meant.append(IPv4Address(int(address) & 0xFFFF_FFFF))
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return meant[1:]  # ::ffff:8.8.8.8 is 8.8.8.8, though itself of no network
    return meant


def _refused(sentence: str) -> AddressRefused:
    return AddressRefused(sentence, field="url")
