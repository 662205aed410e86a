"""A person is called by the terminal around the cockpit or by the desktop's own program."""

import logging
import sys

import pytest

from maestro_tui.config.settings import AttentionSettings
from maestro_tui.tui.calls import call_person

HOSTILE = "done; \x1b]52;c;cHduZWQ=\x07\nrm -rf"


def settings(**fields):
    return AttentionSettings.model_validate(fields)


@pytest.mark.parametrize(
    ("desktop", "sound", "begins", "ends"),
    [
        ("osc9", False, "\x1b]9;Lead: done, ", "\a"),
        ("osc777", False, "\x1b]777;notify;Lead;done, ", "\a"),
        ("osc777", True, "\x1b]777;notify;Lead;done, ", "\a\a"),
    ],
)
async def test_a_sequence_has_one_clean_line(desktop, sound, begins, ends):
    written = []
    await call_person(settings(desktop=desktop, sound=sound), "Lead", HOSTILE, written.append)
    (said,) = written
    assert said.startswith(begins)
    assert said.endswith(ends)
    inside = said[len("\x1b]") : -len(ends)]
    assert not set(inside) & {"\x1b", "\a", "\n"}


async def test_the_desktops_program_gets_the_words_as_they_are(tmp_path, monkeypatch):
    program, heard = tmp_path / "notify-send", tmp_path / "heard"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nopen({str(heard)!r}, 'w').write('|'.join(sys.argv[1:]))\n"
    )
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    written = []
    await call_person(settings(desktop="notify-send", sound=False), "--help", "Deploy?", written.append)
    assert heard.read_text() == "--app-name=maestro|--|--help|Deploy?"
    assert written == []


async def test_a_desktop_without_that_program_is_told_in_the_log(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("PATH", str(tmp_path))
    with caplog.at_level(logging.WARNING):
        await call_person(settings(desktop="notify-send", sound=False), "Lead", "Deploy?", lambda data: None)
    assert "notify-send is not installed" in caplog.text
