import os
import subprocess
import sys

import pytest

from maestro_tui.environment import UNSET_IN_PANES
from maestro_tui.runner import shim
from maestro_tui.runner.pane_environment import pane_environment
from maestro_tui.runner.shim import install_shim


def test_it_is_written_once_and_again_when_it_differs(tmp_path):
    path = install_shim(tmp_path / "bin")
    first = path.stat()
    assert install_shim(tmp_path / "bin").stat().st_ino == first.st_ino
    path.write_text("something else")
    install_shim(tmp_path / "bin")
    assert path.read_text().startswith("#!/bin/sh\nexec ")
    path.chmod(0o600)
    assert install_shim(tmp_path / "bin").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("odd", ["plain", "with space", "quote'and\"both", "dollar$HOME`x`", "back\\slash"])
def test_paths_of_any_name_and_words_of_any_shape_pass_through(tmp_path, monkeypatch, odd):
    place = tmp_path / odd
    command = place / "maestro_tui" / "cli"
    command.mkdir(parents=True)
    (place / "maestro_tui" / "__init__.py").touch()
    (command / "__init__.py").touch()
    (command / "entry.py").write_text("import sys\ndef main():\n    print(sys.argv)\n    return 7\n")
    interpreter = tmp_path / f"{odd} python"
    interpreter.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    interpreter.chmod(0o755)
    monkeypatch.setattr(shim, "PACKAGE_PLACE", place)
    monkeypatch.setattr(sys, "executable", str(interpreter))
    path = install_shim(tmp_path / "bin")
    words = ["--json", "a b", "it's", '"', "$HOME", "-c", "", "ü\n"]
    answer = subprocess.run([path, *words], capture_output=True, text=True, env={"PYTHONPATH": "/nowhere"})
    assert answer.returncode == 7, answer.stderr
    assert eval(answer.stdout) == ["maestro", *words]


def test_the_environment_of_a_pane(tmp_path):
    inherited = {"HOME": "/h", "PATH": "/usr/bin", "MAESTRO_TASK_IDS": "old", "LANG": "C", "TERM": "dumb"}
    inherited |= {name.replace("*", "X"): "outer" for name in UNSET_IN_PANES}
    env = pane_environment(
        inherited,
        profile={"A": "profile", "B": "profile"},
        session={"B": "session", "PATH": "/mine"},
        pane={"MAESTRO_SESSION_ID": "sess_1", "B": "pane"},
        shims=tmp_path / "bin",
        home=tmp_path,
    )
    assert env == {
        "HOME": "/h",
        "LANG": "C",
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}/mine",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "TERM_PROGRAM": "maestro",
        "A": "profile",
        "B": "pane",
        "MAESTRO_HOME": str(tmp_path),
        "MAESTRO_SESSION_ID": "sess_1",
    }
