"""Listening beyond loopback: what must be true before other machines are let in.

Whoever holds the token can run commands as the person who started the server, so an address
other than loopback takes a token of one's own choice, and either TLS or a proxy that ends it.
The server keeps its loopback address beside it, where the cockpit, the agents and the command
reach it in the clear.
"""

import ssl
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address

from maestro_tui.config.settings import ServerSettings
from maestro_tui.domain.errors import Invalid

__all__ = ["Exposure", "UnsafeAddress", "exposure_of"]


class UnsafeAddress(Invalid):
    """The settings would let in whoever can reach this machine."""

    code = "UNSAFE_ADDRESS"


@dataclass(frozen=True, slots=True)
class Exposure:
    """Where else to listen, and as whom to answer.

    address: empty for loopback alone. tls: None where a proxy ends it. names: further names a
    Host header may carry, without a port. beside: another address of loopback, or empty.
    """

    address: str = ""
    beside: str = ""
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    names: frozenset[str] = frozenset()


def exposure_of(settings: ServerSettings, token: str | None) -> Exposure:
    """What the settings ask for. token: the owner's, when a person chose it.

    Raises UnsafeAddress for what would be unsafe, Invalid for a certificate that cannot be used.
    """
    names = frozenset(name.lower() for name in settings.allowed_hosts)
    if settings.bind in ("", "localhost") or _is(settings.bind, "is_loopback"):
        if settings.tls_cert or settings.tls_key:
            raise UnsafeAddress(
                "A certificate is for an address beyond loopback, and none is given: nothing would be encrypted",
                suggestion="Give the address: --bind 192.0.2.1; or leave --tls-cert and --tls-key out",
            )
        return _beside(settings.bind, names)
    if not token:
        raise UnsafeAddress(
            f"Listening on {settings.bind} lets other machines in, to run commands as you",
            suggestion="Keep 127.0.0.1, or give it a token of your own: --token-file FILE",
        )
    tls = _context(settings)
    if tls is None and not settings.behind_proxy:
        raise UnsafeAddress(
            f"Listening on {settings.bind} without TLS shows the token to everybody on the way",
            suggestion="Give it --tls-cert and --tls-key, or say --behind-proxy when a proxy ends TLS",
        )
    if not names and (not _is(settings.bind) or _is(settings.bind, "is_unspecified")):
        raise UnsafeAddress(
            f"Listening on {settings.bind} needs the names under which it is reached",
            suggestion="Name each: --allow-host maestro.example.org",
        )
    return Exposure(settings.bind, tls=tls, names=names | {_host(settings.bind)})


def _beside(address: str, names: frozenset[str]) -> Exposure:
    """Loopback has more addresses than the one that is always listened on."""
    if address in ("", "localhost"):
        return Exposure(names=names)
    plain = str(_plain(address))
    return Exposure(names=names) if plain == "127.0.0.1" else Exposure(beside=plain, names=names | {_host(plain)})


def _host(address: str) -> str:
    """An address as a Host header has it (RFC 9110 §7.2)."""
    return f"[{address}]" if ":" in address else address


def _context(settings: ServerSettings) -> ssl.SSLContext | None:
    if not (settings.tls_cert or settings.tls_key):
        return None
    if not (settings.tls_cert and settings.tls_key):
        raise Invalid("A certificate and its key belong together", suggestion="Give both --tls-cert and --tls-key")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise Invalid(f"The certificate {settings.tls_cert} cannot be used: {error}") from None
    return context


def _is(address: str, quality: str = "version") -> bool:
    """Whether it is an IP address of that quality; other spellings (`0`, `0x7f.1`) count as names."""
    try:
        return bool(getattr(_plain(address), quality))
    except ValueError:
        return False


def _plain(address: str) -> IPv4Address | IPv6Address:
    """An IP address; one of IPv4 in the clothes of IPv6 as what it is. Raises ValueError for anything else."""
    found = ip_address(address)
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
