"""Taking secrets out of text: by value where they are known, by shape where they are ours."""

import re
from collections.abc import Iterable, Mapping

__all__ = ["HIDDEN", "SHORTEST", "is_secret_name", "redact", "secrets_of"]

HIDDEN = "[hidden]"
SHORTEST = 8
"""Shorter values would blot out ordinary words."""
_SHAPES = re.compile(
    r"mst_[A-Za-z0-9_-]+\.[0-9a-f]{16,}"  # a session's token
    r"|(?<=/~)[^/\s\"'?#]+"  # the capability form of an address
    r"|(?<=[?&]token=)[^&\s\"'#]+"
    r"|(?i:(?<=bearer )[!-~]+)"
)
_NAMES = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH", re.IGNORECASE)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without the secrets, and without what looks like a token of ours."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return _SHAPES.sub(HIDDEN, text)


def is_secret_name(name: str) -> bool:
    """Whether a variable or a key of that name is likely to hold a secret."""
    return _NAMES.search(name) is not None


def secrets_of(environ: Mapping[str, str]) -> set[str]:
    """The values of variables whose names say that they are secrets."""
    return {value for name, value in environ.items() if len(value) >= SHORTEST and is_secret_name(name)}
