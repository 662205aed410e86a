"""What the engine reads otherwise than other terminals, put right on its way in."""

__all__ = ["Mender"]

DELETE = b"\x7f"
"""The engine would print it, where terminals ignore it (ECMA-48 section 8.3.32)."""
CLEAR_TAB, SPELLED_OUT = b"\x1b[g", b"\x1b[0g"
"""TBC without its parameter, which the engine ignores; ESC begins a sequence anew wherever it stands."""


class Mender:
    """Mends one stream, however it is cut. last: the two bytes before it."""

    def __init__(self, last: bytes = b"") -> None:
        self.last = last

    def feed(self, data: bytes) -> bytes:
        """The bytes as the engine is to have them."""
        if DELETE in data:
            data = data.replace(DELETE, b"")
        last, self.last = self.last, data[-2:] if len(data) > 1 else (self.last + data)[-2:]
        if data.startswith(b"g") and last == b"\x1b[":
            data = b"0" + data
        elif data.startswith(b"[g") and last.endswith(b"\x1b"):
            data = b"[0" + data[1:]
        return data.replace(CLEAR_TAB, SPELLED_OUT) if CLEAR_TAB in data else data
