"""Which requests are sent again, and when. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from maestro_tui.backoff import full_jitter
from maestro_tui.client.errors import ApiError, Unreachable

__all__ = ["RetryPolicy", "is_worth_retrying"]

LONGEST_WISH_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a failed request is sent again. retries: 0 means never. base, cap: seconds."""

    retries: int = 3
    base: float = 0.25
    cap: float = 4.0

    def delays(self) -> Iterator[float]:
        """Seconds to wait before each further attempt, with full jitter."""
        return islice(full_jitter(self.base, self.cap), self.retries)


def is_worth_retrying(failure: ApiError | Unreachable, *, repeatable: bool) -> bool:
    """Whether the same request may succeed when sent again: failures of the server and the network only.

    repeatable: whether carrying it out twice is the same as once. One that is not is sent
    again only when the first certainly never arrived.
    """
    if isinstance(failure, Unreachable):
        return repeatable or not failure.sent
    if failure.retry_after is not None and failure.http_status in (409, 503):
        return failure.retry_after <= LONGEST_WISH_SECONDS
    return failure.http_status >= 500 and repeatable
