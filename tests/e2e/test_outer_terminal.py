"""However the cockpit ends, the terminal it ran in is as before."""

import os
import shlex
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maestro_tui.terminal.engine import Terminal

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180), pytest.mark.xdist_group("e2e")]

CRASHING = (
    "import sys; from maestro_tui.main import main; from maestro_tui.tui.app import CockpitApp; "
    "CockpitApp.action_theme_next = lambda self: 1 / 0; sys.exit(main())"
)
"""A cockpit in which a key raises what nobody expects."""
ALL_KEYS_WITH_ALTERNATES = 1 | 4 | 8 | 16
"""Of the kitty keyboard protocol: what the outer terminal is asked for."""
FLAGS = "#{alternate_on} #{mouse_any_flag} #{cursor_flag} #{keypad_cursor_flag} #{insert_flag} #{wrap_flag}"


class Outer:
    """A shell in tmux that runs the cockpit and lives on after it."""

    def __init__(self, terminal: Any, directory: Path, wait: Callable[..., Any]) -> None:
        self.terminal, self._wait = terminal, wait
        self._pid, self._written = directory / "pid", directory / "written"

    def run(self, command: list[str]) -> None:
        inner = f"echo $$ > {shlex.quote(str(self._pid))}; exec {shlex.join(command)}"
        shell = f"read go; stty -a > {self._pid}.before; sh -c {shlex.quote(inner)}; echo over-$?; "
        shell += f"stty -a > {self._pid}.after; exec sleep 1000"
        self.terminal.run("sh", "-c", shell)
        self._tmux("pipe-pane", f"cat > {shlex.quote(str(self._written))}")
        self.terminal.keys("Enter")

    def signal(self, number: signal.Signals) -> None:
        os.kill(int(self._pid.read_text()), number)

    def flags(self) -> str:
        return self._tmux("display-message", "-p", FLAGS).strip()

    def modes(self) -> tuple[Any, ...]:
        """What everything the cockpit wrote leaves set, by our own engine; nothing of it is tmux's."""
        engine = Terminal(160, 45)
        engine.feed(self._written.read_bytes())
        modes = engine.modes
        found = [number for number in range(1, 2100) if modes.is_set(number)]
        list(engine.changed_rows())
        state = found, modes.kitty_keyboard_flags, modes.alternate_screen, engine.held, engine.cursor() is None
        engine.close()
        return state

    @property
    def kept_its_settings(self) -> bool:
        after = Path(f"{self._pid}.after")
        self._wait(lambda: after.exists() and after.read_text(), "the settings of the terminal")
        return Path(f"{self._pid}.before").read_text() == after.read_text()

    def _tmux(self, *command: str) -> str:
        return subprocess.run([*self.terminal._tmux, *command], capture_output=True, text=True, check=True).stdout


def untouched() -> tuple[Any, ...]:
    engine = Terminal(160, 45)
    state = [n for n in range(1, 2100) if engine.modes.is_set(n)], 0, False, False, False
    engine.close()
    return state


@pytest.mark.parametrize("way", ["quit", "SIGTERM", "SIGHUP", "crash"])
def test_the_outer_terminal_is_put_back(
    terminal: Any, cockpit: list[str], api: Any, wait: Callable[..., Any], tmp_path: Path, way: str
) -> None:
    outer = Outer(terminal, tmp_path, wait)
    outer.run([cockpit[0], "-c", CRASHING] if way == "crash" else cockpit)
    wait(lambda: api.is_ready, "the server")
    terminal.shows("connected|online")
    wait(lambda: outer.flags().startswith("1 1"), "the alternate screen and the mouse")
    assert outer.modes()[1] == ALL_KEYS_WITH_ALTERNATES
    match way:
        case "quit":
            terminal.type("q")
        case "crash":
            terminal.type("t")
        case name:
            outer.signal(signal.Signals[name])
    terminal.shows(r"over-\d+")
    wait(lambda: outer.flags() == "0 0 1 0 0 1", f"tmux's modes, not {outer.flags()}")
    wait(lambda: outer.modes() == untouched(), "what was set to be reset")
    assert outer.kept_its_settings
