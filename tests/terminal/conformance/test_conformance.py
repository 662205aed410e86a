"""Our screens beside those of tmux and pyte: they agree, or the difference is listed with its reason."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from maestro_tui.terminal.engine import Terminal
from tests.terminal.conformance import cases, page, references
from tests.terminal.conformance.differences import DIFFERENCES
from tests.terminal.conformance.record import PROGRAMS, RECORDINGS
from tests.terminal.conformance.style_cases import STYLE_CASES
from tests.terminal.conformance.styled import Cell, styled_rows

STORED = json.loads(page.TMUX_SCREENS.read_text())
DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "conformance.md"


def our_screen(data: bytes, columns: int, rows: int, pieces: int = 4096) -> list[str]:
    terminal = Terminal(columns, rows)
    for start in range(0, len(data), pieces):
        terminal.feed(data[start : start + pieces])
    lines = [line.rstrip() for line in terminal.text().split("\n")]
    terminal.close()
    return lines + [""] * (rows - len(lines))


def pyte_screen(data: bytes, columns: int, rows: int) -> list[str] | str:
    try:
        return references.pyte_screen(data, columns, rows)
    except (TypeError, ValueError) as error:
        return str(error)


def differing(ours: list[str], tmux: list[str], pyte: list[str] | str) -> set[str]:
    return {name for name, theirs in (("tmux", tmux), ("pyte", pyte)) if theirs != ours}


@pytest.mark.parametrize("name", cases.CASES)
def test_a_case_looks_as_elsewhere_or_the_reason_is_listed(name):
    data = cases.stream(cases.CASES[name])
    size = cases.COLUMNS, cases.ROWS
    ours = our_screen(data, *size)
    assert differing(ours, STORED["cases"][name], pyte_screen(data, *size)) == set(DIFFERENCES.get(name, {})), ours


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_real_program_looks_as_elsewhere_or_the_reason_is_listed(name):
    stem = RECORDINGS / name.replace(" ", "-")
    data, tmux = stem.with_suffix(".out").read_bytes(), stem.with_suffix(".tmux").read_text().split("\n")[:-1]
    size = references.COLUMNS, references.ROWS
    ours = our_screen(data, *size)
    listed = set(DIFFERENCES.get(f"recording {name}", {}))
    assert differing(ours, tmux, pyte_screen(data, *size)) == listed, "\n".join(ours)
    assert our_screen(data, *size, pieces=7) == ours


def our_cells(data: bytes, columns: int, rows: int) -> list[list[Cell]]:
    terminal = Terminal(columns, rows)
    terminal.feed(data)
    cells = styled_rows(row.text for _, row in terminal.changed_rows())
    terminal.close()
    return cells


def other_looks(data: bytes, tmux: list[str], columns: int, rows: int) -> set[str]:
    """The references whose cells look otherwise than ours."""
    ours, theirs = our_cells(data, columns, rows), styled_rows(tmux)
    try:
        pyte: Any = references.pyte_cells(data, columns, rows)
    except (TypeError, ValueError) as error:
        pyte = str(error)
    direct = [[references.in_direct_colors(cell) for cell in row] for row in ours]
    known = all(_as_far_as_told(row, told) for row, told in zip(ours, theirs, strict=True))
    return {name for name, same in (("tmux", known), ("pyte", direct == pyte)) if not same}


def _as_far_as_told(ours: list[Cell], tmux: list[Cell]) -> bool:
    """Whether a row is as in tmux up to its last character there, and only blank behind it."""
    return ours[: len(tmux)] == tmux and all(cell.text == " " for cell in ours[len(tmux) :])


@pytest.mark.parametrize("name", STYLE_CASES)
def test_a_style_looks_as_elsewhere_or_the_reason_is_listed(name):
    data, size = cases.stream(STYLE_CASES[name]), (cases.COLUMNS, cases.ROWS)
    found = other_looks(data, STORED["styles"][name], *size)
    assert found == set(DIFFERENCES.get(name, {})), our_cells(data, *size)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_real_program_has_the_colours_it_has_elsewhere(name):
    data = (RECORDINGS / f"{name.replace(' ', '-')}.out").read_bytes()
    found = other_looks(data, STORED["recordings"][name], references.COLUMNS, references.ROWS)
    assert found == set(DIFFERENCES.get(f"looks of {name}", {}))


def test_every_reason_is_about_something():
    known = {
        *cases.CASES,
        *STYLE_CASES,
        *(f"looks of {name}" for name in PROGRAMS),
        *(f"recording {name}" for name in PROGRAMS),
    }
    assert set(DIFFERENCES) <= known
    assert set(STORED["cases"]) == set(cases.CASES)


@pytest.mark.skipif(
    page.tmux_version() != STORED["version"], reason="the stored screens are of another version of tmux"
)
def test_the_stored_screens_are_those_of_tmux():
    streams = {name: cases.stream(text) for name, text in cases.CASES.items()}
    assert references.tmux_screens(streams, cases.COLUMNS, cases.ROWS) == STORED["cases"]


@pytest.mark.skipif(
    page.tmux_version() != STORED["version"], reason="the stored screens are of another version of tmux"
)
def test_the_stored_looks_are_those_of_tmux():
    assert page.tmux_styles() == STORED["styles"]


def test_the_page_lists_every_difference():
    assert DOCUMENT.read_text() == page.conformance_page(), "python -m tests.terminal.conformance.page"


def test_recordings_are_small():
    sizes = [path.stat().st_size for path in RECORDINGS.iterdir()]
    assert sum(sizes) < 200_000
    tracked = subprocess.run(
        ["git", "-C", str(RECORDINGS), "ls-files"], capture_output=True, text=True, check=False
    )
    assert len(tracked.stdout.split()) in (0, len(sizes))  # 0: not a checkout
