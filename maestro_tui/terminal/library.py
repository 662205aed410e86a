"""The engine's library, loaded when the first terminal is made.

The engine is libghostty-vt; pyghostty carries it and declares its C interface. Loading costs
some 0.2 s, which is why nothing here imports it at the top: `load()` may run in a thread
while the cockpit paints its first frame.
"""

import json
import threading
from collections.abc import Callable, Iterable
from functools import cache
from importlib.metadata import version
from typing import Any
from weakref import finalize

from maestro_tui.domain.errors import Unavailable
from maestro_tui.terminal import c_types
from maestro_tui.terminal.cells import CellLayout

__all__ = ["EngineError", "EngineMissing", "Library", "load"]

SHORT = 256
"""Bytes that are searched faster than another function is called."""
_loading = threading.Lock()


class EngineMissing(Unavailable):
    """There is no terminal engine for this machine; the server and the `maestro` command still work."""

    code = "TERMINAL_ENGINE_MISSING"


class EngineError(RuntimeError):
    """The engine refused a call that should have worked, most likely for want of memory."""


class Library:
    """The C interface of the engine and what is asked of it in every room.

    ffi, lib: cffi's handle and the library's functions and constants.
    layout: where the fields of a packed cell are. version: of the engine's package.
    """

    def __init__(self, ffi: Any, lib: Any) -> None:
        self.ffi = ffi
        self.lib = lib
        self.version = version("pyghostty")
        self.layout = CellLayout.parse(json.loads(ffi.string(lib.ghostty_type_json())))
        self._types = c_types.read(ffi)
        self._strstr = ffi.dlopen(None).strstr
        self.grid_ref = self._twin("ghostty_terminal_grid_ref", c_types.GRID_REF)
        self.track = self._twin("ghostty_terminal_grid_ref_track", c_types.TRACK)
        self.scroll_viewport = self._twin("ghostty_terminal_scroll_viewport", c_types.SCROLL_VIEWPORT)

    def check(self, result: int, what: str) -> None:
        """Raise EngineError unless the call succeeded."""
        if result:
            raise EngineError(f"the terminal engine could not {what} (result {result})")

    def get(self, terminal: Any, name: str, out: Any) -> Any:
        """What `out` points to, filled with a GHOSTTY_TERMINAL_DATA. Raises EngineError."""
        key = getattr(self.lib, f"GHOSTTY_TERMINAL_DATA_{name}")
        self.check(self.lib.ghostty_terminal_get(terminal, key, out), f"read {name}")
        return out[0]

    def set(self, terminal: Any, name: str, value: Any) -> None:
        """Set a GHOSTTY_TERMINAL_OPT to what `value` points to. Raises EngineError."""
        key = getattr(self.lib, f"GHOSTTY_TERMINAL_OPT_{name}")
        self.check(self.lib.ghostty_terminal_set(terminal, key, value), f"set {name}")

    def new(self, ctype: str, value: Any = None) -> Any:
        """Memory for a pointer's or an array's worth of `ctype`, zeroed or of that value: cffi's `new`.

        ctype: one of C_TYPES, whatever else raises KeyError.
        """
        return self.ffi.new(self._types[ctype], value)

    def cast(self, ctype: str, source: Any) -> Any:
        """The same address or number as another one of C_TYPES."""
        return self.ffi.cast(self._types[ctype], source)

    def callback(self, ctype: str, function: Callable[..., Any], onerror: Callable[..., Any]) -> Any:
        """A function that the library can call, as long as what is returned is kept."""
        return self.ffi.callback(self._types[ctype], function, onerror=onerror)

    def searcher(self, data: bytes) -> Callable[[bytes], bool]:
        """Tells whether a few bytes are in `data`.

        C's `strstr` looks at many bytes at a time: for two of them it is twenty times as fast as `in`,
        and only looking for a single byte is faster still.
        """
        if len(data) < SHORT or b"\x00" in data:  # which would end the text for C
            return data.__contains__
        strstr, nowhere = self._strstr, self.ffi.NULL
        return lambda needle: needle[-1] in data and strstr(data, needle) != nowhere

    def sized(self, ctype: str) -> Any:
        """A new zeroed struct whose `size` fields, its own and its members', are filled in."""
        pointer = self.new(f"{ctype}*")
        self._fill_sizes(pointer)
        return pointer

    def made(self, ctype: str, constructor: str, *arguments: Any) -> Any:
        """A new library object from its `…_new` function; freed with the returned handle's owner."""
        out = self.new(f"{ctype}*")
        self.check(getattr(self.lib, constructor)(self.ffi.NULL, out, *arguments), f"make a {ctype}")
        return out[0]

    def freed(self, owner: object, **handles: Any) -> "finalize[..., Any]":
        """Free library objects with their owner. handles: each by the name of what it is, as in `key_encoder`.

        The functions are looked up now: cffi looks up under a lock, which a garbage collection
        in the middle of another lookup would wait for without end.
        """
        pairs = [(getattr(self.lib, f"ghostty_{name}_free"), handle) for name, handle in handles.items()]
        return finalize(owner, _free, pairs)

    def text_of(self, string: Any) -> str:
        """A GhosttyString as text; bytes that are no UTF-8 are replaced."""
        if not string.len:
            return ""
        return bytes(self.ffi.buffer(string.ptr, string.len)).decode("utf-8", "replace")

    def filled(self, call: Any, capacity: int = 128) -> bytes:
        """What `call(buffer, capacity, size_out)` writes; asked again when the buffer is too small."""
        size = self.new("size_t*")
        for _ in range(2):
            buffer = self.new("uint8_t[]", capacity)
            result = call(buffer, capacity, size)
            if result != self.lib.GHOSTTY_OUT_OF_SPACE:
                break
            capacity = int(size[0])
        if result == self.lib.GHOSTTY_NO_VALUE:
            return b""
        self.check(result, "write its answer")
        return bytes(self.ffi.buffer(buffer, size[0]))

    def _fill_sizes(self, pointer: Any) -> None:
        struct = self.ffi.typeof(pointer).item
        for name, field in struct.fields:
            if name == "size":
                pointer.size = self.ffi.sizeof(struct)
            elif field.type.kind == "struct":
                self._fill_sizes(self.ffi.addressof(pointer[0], name))

    def _twin(self, function: str, signature: str) -> Any:
        """A function that takes a tagged union by value, which cffi cannot pass: cast to a struct like it."""
        return self.cast(signature, self.ffi.addressof(self.lib, function))


def _free(pairs: Iterable[tuple[Callable[[Any], None], Any]]) -> None:
    for function, handle in pairs:
        function(handle)


@cache
def _load_once() -> Library:
    try:
        from pyghostty._ffi import ffi, lib
    except (ImportError, OSError) as error:
        raise EngineMissing(
            f"The terminal engine is not available on this machine: {error}.",
            suggestion="Panes need Linux (x86-64 or arm64, glibc) or macOS (arm64). "
            "The server and the maestro command work without: maestro-tui serve",
        ) from error
    return Library(ffi, lib)


def load() -> Library:
    """The library, loaded by the first caller. Raises EngineMissing where there is none."""
    with _loading:
        return _load_once()
