"""The clipboard programs of a machine: which one, and what it gets."""

import pytest

from maestro_tui.tui.clipboard import clipboard_command, copy_with


def a_program(directory, name, body):
    path = directory / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("environ", "platform", "there", "chosen"),
    [
        ({"WAYLAND_DISPLAY": "w"}, "linux", ["wl-copy", "xclip"], "wl-copy"),
        ({"DISPLAY": ":0"}, "linux", ["wl-copy", "xclip", "xsel"], "xclip"),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "w"}, "linux", ["xsel"], "xsel"),
        ({}, "darwin", ["pbcopy"], "pbcopy"),
        ({}, "linux", ["wl-copy", "xclip", "xsel"], None),
        ({"DISPLAY": ":0"}, "linux", [], None),
    ],
)
def test_the_one_that_fits_is_chosen(tmp_path, environ, platform, there, chosen):
    for name in there:
        a_program(tmp_path, name, "cat >/dev/null")
    command = clipboard_command({**environ, "PATH": str(tmp_path)}, platform)
    assert (command[0] if command else None) == chosen


async def test_it_gets_the_text(tmp_path):
    program = a_program(tmp_path, "copy", f"exec cat > {tmp_path / 'got'}")
    assert await copy_with([str(program)], "漢字\nx")
    assert (tmp_path / "got").read_text() == "漢字\nx"
    assert not await copy_with([str(a_program(tmp_path, "fails", "exit 3"))], "x" * 1_000_000)
    assert not await copy_with([str(tmp_path / "missing")], "x")
