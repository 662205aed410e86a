"""The engine's library is loaded late, and its absence is said plainly."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import maestro_tui.terminal
from maestro_tui.terminal.c_types import C_TYPES
from maestro_tui.terminal.library import load

STRING = re.compile(r'"([^"\n]+)"')
ROOM = Path(maestro_tui.terminal.__path__[0])

IMPORTS = """
import sys
import maestro_tui.terminal.engine, maestro_tui.terminal.keyboard, maestro_tui.terminal.paste
loaded = {name.partition(".")[0] for name in sys.modules}
print(sorted(loaded & {"pyghostty", "cffi", "textual", "rich", "asyncio", "pydantic"}))
"""

MISSING = """
import sys
sys.modules["pyghostty"] = None
from maestro_tui.domain.errors import MaestroError
from maestro_tui.terminal.engine import Terminal
try:
    Terminal(80, 24)
except MaestroError as error:
    print(error.code, "|", error.message, "|", error.suggestion)
"""

FIRST_USE = """
import sys
from collections import Counter
from maestro_tui.terminal.engine import Terminal
from maestro_tui.terminal.library import load

load()
calls = Counter()
sys.setprofile(lambda frame, event, argument: calls.update([frame.f_globals.get("__name__", "").split(".")[0]]))
terminal = Terminal(20, 4)
terminal.feed(b"\\x1b]2;title\\x07\\x1b[6n some text")
list(terminal.changed_rows())
terminal.selection.word(1, 0)
terminal.viewport.to_top()
terminal.restore(terminal.snapshot())
sys.setprofile(None)
print(calls["pycparser"])
"""


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_importing_the_room_loads_no_engine_and_no_screen():
    assert run(IMPORTS).strip() == "[]"


def test_without_the_engine_the_error_says_what_still_works():
    said = run(MISSING)
    assert said.startswith("TERMINAL_ENGINE_MISSING | The terminal engine is not available on this machine")
    assert "maestro-tui serve" in said


def test_what_a_terminal_needs_is_read_once_as_the_library_is_loaded():
    assert run(FIRST_USE).strip() == "0"


def test_no_type_is_read_that_nothing_uses():
    texts = [path.read_text() for path in ROOM.glob("*.py") if path.name != "c_types.py"]
    named = {name for text in texts for name in STRING.findall(text)}
    unused = [one for one in C_TYPES if not named & {one, one.removesuffix("*")} and "(*)" not in one]
    assert not unused


def test_threads_may_load_it_at_once():
    code = """
from concurrent.futures import ThreadPoolExecutor
from maestro_tui.terminal.library import load
with ThreadPoolExecutor(8) as pool:
    print(len({id(library) for library in pool.map(lambda _: load(), range(8))}))
"""
    assert run(code).strip() == "1"


@pytest.mark.parametrize("filler", [b"", b"x" * 5000, b";" * 5000, b"m" * 5000, b"\x00" * 5000, b"\xff\x00" * 200])
@pytest.mark.parametrize("data", [b";m", b"\x00;m", b";\x00m", b"m;", b";", b"", "…;m".encode()])
def test_a_few_bytes_are_found_as_by_in(filler, data):
    for whole in (data + filler, filler + data, filler + data + filler):
        assert load().searcher(whole)(b";m") == (b";m" in whole)
