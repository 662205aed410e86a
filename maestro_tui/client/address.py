"""Where the server is, and what opens its door; both change when another server takes over."""

from collections.abc import Callable
from dataclasses import dataclass, field

from maestro_tui import discovery
from maestro_tui.paths import Home

__all__ = ["Address", "Locate", "discovered"]


@dataclass(frozen=True, slots=True)
class Address:
    """url: base of every route, without a slash at the end."""

    url: str
    token: str = field(repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", self.url.rstrip("/"))

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries."""
        return {"Authorization": f"Bearer {self.token}"}


Locate = Callable[[], Address | None]
"""Looks the address up; None when there is no server at the moment."""


def discovered(home: Home) -> Locate:
    """Looks for the server that runs on a home, whichever it is by now."""

    def locate() -> Address | None:
        found = discovery.read(home)
        return None if found is None else Address(found.url, found.token)

    return locate
