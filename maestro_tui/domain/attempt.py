"""A keyed request on its way: what it makes is named after it, so that a second run finds it."""

import hashlib
from collections import Counter
from collections.abc import Sequence

from maestro_tui.domain.ids import numbered_id

__all__ = ["Attempt"]


class Attempt:
    """The right to carry out the request of an idempotency key.

    place: what makes the key unique, the key included. begun_at: when the request first came,
    Unix ms. repeated: it was begun before and never answered, so it may have had its effect.
    """

    def __init__(self, place: Sequence[str], begun_at: int, *, repeated: bool) -> None:
        self.begun_at = begun_at
        self.repeated = repeated
        self._seed = "\0".join(place)
        self._made: Counter[str] = Counter()

    def id(self, prefix: str) -> str:
        """The id of the next thing with this prefix that the request makes; the same ones in every run."""
        self._made[prefix] += 1
        name = f"{self._seed}\0{prefix}\0{self._made[prefix]}"
        return numbered_id(prefix, self.begun_at, int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]))
