"""What is refused before anything is forked, and where a program is found."""

import pytest

from maestro_tui.ptyhost.pty import Pty, StartFailed, resolve


def program(path):
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_a_program_is_found_as_the_shell_of_the_session_would(tmp_path):
    one, other = program(tmp_path / "one" / "agent"), program(tmp_path / "other" / "agent")
    (tmp_path / "empty" / "agent").mkdir(parents=True)  # a folder of its name is no program
    (tmp_path / "one" / "plain").write_text("not executable")
    path = {"PATH": f"{tmp_path / 'empty'}:other:{tmp_path / 'one'}"}
    assert resolve(["agent"], str(tmp_path), path) == other
    assert resolve(["./one/../one/agent"], str(tmp_path), path) == one
    assert resolve(["sh"], str(tmp_path), {}).endswith("/sh"), "on the system's own path"
    for name, place in (("plain", "on PATH"), ("./one/plain", "no program ./one/plain")):
        with pytest.raises(StartFailed, match=place) as failure:
            resolve([name], str(tmp_path), path)
        assert failure.value.code == "agent_not_installed"


@pytest.mark.parametrize(
    ("argv", "env", "cwd", "code", "words"),
    [
        ([], {}, "/", "exec_failed", "empty"),
        ([""], {}, "/", "exec_failed", "empty"),
        (["/bin/sh"], {}, "/no/such", "cwd_missing", "/no/such"),
        (["/bin/sh", "a\0b"], {}, "/", "exec_failed", "NUL"),
        (["/bin/sh"], {"": "x"}, "/", "exec_failed", "''"),
        (["/bin/sh"], {"A=B": "x"}, "/", "exec_failed", "A=B"),
        (["/bin/sh"], {"A": "x\0"}, "/", "exec_failed", "'A'"),
    ],
)
def test_what_no_program_can_be_given_is_refused_by_name(argv, env, cwd, code, words):
    with pytest.raises(StartFailed) as failure:
        Pty.start(argv, cwd=cwd, env=env, columns=80, rows=24)
    assert failure.value.code == code
    assert words in failure.value.message
