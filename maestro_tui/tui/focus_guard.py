"""Keeps keys from where the person did not mean to type, when the focus moved by itself."""

__all__ = ["FocusGuard"]

REST_SECONDS = 0.7
"""Fingers that rest this long have seen where they are."""


class FocusGuard:
    """Takes the keys of a person who goes on typing after the focus moved without their doing."""

    def __init__(self) -> None:
        self._until = float("-inf")

    def moved(self, now: float) -> None:
        """The focus moved by itself. now: seconds of the clock that events are stamped with."""
        self._until = now + REST_SECONDS

    def is_up(self, pressed: float) -> bool:
        """Whether a key pressed at that time would be taken."""
        return pressed < self._until

    def takes(self, pressed: float) -> bool:
        """Whether a key pressed at that time was meant for where the focus was: until the fingers rest.

        That it may be looked at much later, on a machine with much to do, changes nothing about it.
        """
        if not self.is_up(pressed):
            return False
        self._until = max(self._until, pressed + REST_SECONDS)
        return True
