"""Store tmux's screens of the cases and write docs/conformance.md: `python -m tests.terminal.conformance.page`."""

import json
import shutil
import subprocess
from pathlib import Path

from tests.terminal.conformance import cases, references
from tests.terminal.conformance.differences import DIFFERENCES
from tests.terminal.conformance.record import PROGRAMS, RECORDINGS
from tests.terminal.conformance.style_cases import STYLE_CASES

__all__ = ["TMUX_SCREENS", "conformance_page", "tmux_version"]

TMUX_SCREENS = Path(__file__).parent / "tmux_screens.json"
DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "conformance.md"

_TEXT = """# Conformance

What the terminal of a pane shows is compared with two terminals made by others: **tmux** {version} and
**pyte**. Compared are {programs} recorded programs ({names}) and {cases} cases by mnemonic (ECMA-48, DEC VT510,
xterm). {agreeing} cases look the same in all three; on the recordings our screens are those of tmux cell by
cell, colours and attributes included but for the one cell listed below. {styles} more cases are about colours
and attributes alone, of which {same_styles} are the same in all three; beyond the last character of a row tmux
tells nothing of colours.

Every difference there is stands below with its reason; the tests fail on one that is missing, and on one that
is no more. The recordings, the cases and the screens of tmux lie in `tests/terminal/conformance/`; `record.py`
there records anew, and `python -m tests.terminal.conformance.page` stores the screens of the installed tmux and
writes this page.

| case | other than | because |
|---|---|---|
{rows}

What is said of xterm is from its documentation. `looks of` a program means the colours and attributes of its
recording. The engine itself ignores `CSI g` and DECSTR, prints DEL, and leaves out an empty last parameter of
SGR; all of it is mended on the way in (`maestro_tui/terminal/mending.py`). It also lacks titles put aside
(XTWINOPS 22 and 23), DECXCPR, SL, SR, DECIC, DECDC, DECBI and DECFI, which are carried out by sequences that it
has (`maestro_tui/terminal/lacking.py`), and operations on rectangles (DECCRA, DECFRA, DECERA, DECSERA, DECCARA),
which terminfo's `xterm-256color` does not offer either: they are swallowed. Keys are tested by what outer
terminals send (`tests/terminal/test_keyboard.py`), answers to programs by a list of all there are
(`tests/terminal/test_replies.py`).
"""


def tmux_version() -> str:
    """As in `3.3a`; empty where there is no tmux."""
    if shutil.which("tmux") is None:
        return ""
    return subprocess.run(["tmux", "-V"], capture_output=True, text=True, check=True).stdout.split()[-1]


def conformance_page() -> str:
    rows = [
        f"| {name} | {reference} | {reason} |"
        for name, reasons in DIFFERENCES.items()
        for reference, reason in reasons.items()
    ]
    return _TEXT.format(
        version=json.loads(TMUX_SCREENS.read_text())["version"],
        programs=len(PROGRAMS),
        names=", ".join(PROGRAMS),
        cases=len(cases.CASES),
        agreeing=len(cases.CASES.keys() - DIFFERENCES.keys()),
        styles=len(STYLE_CASES),
        same_styles=len(STYLE_CASES.keys() - DIFFERENCES.keys()),
        rows="\n".join(rows),
    )


def tmux_styles() -> dict[str, list[str]]:
    """What tmux makes of the cases of colours and attributes, with SGR sequences."""
    streams = {name: cases.stream(text) for name, text in STYLE_CASES.items()}
    return references.tmux_screens(streams, cases.COLUMNS, cases.ROWS, styled=True)


def tmux_recordings() -> dict[str, list[str]]:
    """What tmux makes of the recordings, with SGR sequences."""
    streams = {name: (RECORDINGS / f"{name.replace(' ', '-')}.out").read_bytes() for name in PROGRAMS}
    return references.tmux_screens(streams, styled=True)


def main() -> None:
    streams = {name: cases.stream(text) for name, text in cases.CASES.items()}
    screens = references.tmux_screens(streams, cases.COLUMNS, cases.ROWS)
    stored = {
        "version": tmux_version(),
        "cases": screens,
        "styles": tmux_styles(),
        "recordings": tmux_recordings(),
    }
    TMUX_SCREENS.write_text(json.dumps(stored, ensure_ascii=False, indent=1) + "\n")
    DOCUMENT.write_text(conformance_page())


if __name__ == "__main__":
    main()
