"""Keeps keys from where the person did not mean to type, when the focus moved by itself."""

__all__ = ["FocusGuard"]

REST_SECONDS = 0.7
"""Fingers that rest this long have seen where they are."""


class FocusGuard:
    """Takes the keys of a person who goes on typing after the focus moved without their doing."""

    def __init__(self) -> None:
        self._until = float("-inf")

    def moved(self, now: float) -> None:
        """The focus moved by itself. now: seconds of any steady clock, the same for `takes`."""
        self._until = now + REST_SECONDS

    def is_up(self, now: float) -> bool:
        """Whether a key pressed now would be taken."""
        return now < self._until

    def takes(self, now: float) -> bool:
        """Whether a key pressed now was meant for where the focus was: until the fingers rest."""
        if not self.is_up(now):
            return False
        self._until = now + REST_SECONDS
        return True
