"""Every command that agents are taught, executed as they would: in a pane, with its token, in the text's order."""

import re
import shlex

import pytest

from maestro_tui.domain.status import Role
from maestro_tui.paths import bundled
from maestro_tui.server.keys import DEPENDENCIES
from maestro_tui.skills.commands import command_table

NEEDS_A_RUNNER = {"session send", "session logs"}
"""Without a runner these are understood and refused: there is no terminal to type into, no record to read."""
UNREACHABLE, NOT_FOUND, LIMIT = 3, 2, 6


def shown(text):
    blocks = "".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL)).replace("\\\n", " ").split("\n")
    spans = re.findall(r"`(maestro [^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    lines = [line for line in (*blocks, *spans) if line.startswith("maestro ")]
    return [shlex.split(line, comments=True)[1:] for line in dict.fromkeys(lines)]


class Pane:
    """A session's pane: the words in capitals of a text stand for documents that are there."""

    def __init__(self, board, server, role):
        self._board = board
        self.task = board.task("the work")
        self.session = board.session(self.task, "--role", role)
        token = server.info.app[DEPENDENCIES].services.tokens.for_session(self.session)
        self.env = {
            "MAESTRO_TOKEN": token,
            "MAESTRO_SESSION_ID": self.session,
            "MAESTRO_TASK_IDS": self.task,
            "MAESTRO_ROLE": role,
        }

    def document(self, word):
        """What a word of the text stands for; what a command may change or remove is made anew for each."""
        match word:
            case "TASK" | "PARENT":
                return self.task
            case "PIECE":
                return self._run("task", "create", "a piece", "--parent", self.task, "--desc", "all of it", "-q")
            case "SUBTASK":
                return self._run("subtask", "create", self.task, "a step", "--quiet")
            case "SESSION":
                return self._worker()
            case "NAME":
                return "maestro-worker"
        return word

    def _worker(self):
        """One worker at a time, as long as it lives."""
        live = self._run("session", "list", "--children", "--active", "--quiet").split()
        return live[0] if live else self._run("session", "spawn", "--task", self.document("PIECE"), "--quiet")

    def _run(self, *argv):
        return self._board.run(*argv, env=self.env).out.strip()

    def follow(self, argv):
        """Run a command as it is shown, but for its patience; the outcome, whatever it is."""
        words = [self.document(word) for word in argv]
        if "--timeout" in words:
            words[words.index("--timeout") + 1] = "0.1"
        elif argv[:2] == ["session", "watch"]:
            words += ["--timeout", "0.1"]
        return words, self._board._maestro(*words, env={**self._board.env, **self.env})


@pytest.fixture
def pane(board, server):
    return lambda role: Pane(board, server, role)


def texts():
    for path in sorted(bundled("skills").glob("*/skill.md")):
        role = "orchestrator" if "orchestrator" in path.parent.name else "worker"
        yield pytest.param(role, path.read_text(), id=path.parent.name)
    for role in Role:
        yield pytest.param(role.value, command_table(role, ["TASK"]), id=f"brief-{role.value}")


@pytest.mark.parametrize(("role", "text"), texts())
def test_every_command_does_what_it_is_shown_for(pane, role, text):
    commands = [argv for argv in shown(text) if "…" not in argv]
    assert len(commands) > 8
    agent = pane(role)
    for argv in commands:
        words, outcome = agent.follow(argv)
        name = " ".join(argv[:2])
        if name in NEEDS_A_RUNNER:
            assert outcome.code in (0, NOT_FOUND, UNREACHABLE), (words, outcome.err)
        elif name in ("session wait", "session watch"):
            assert outcome.code in (0, LIMIT), (words, outcome.err)
        elif name == "session restart":
            assert outcome.code == LIMIT, (
                words,
                outcome.err,
            )  # it is live: only one that has failed is tried again
        elif argv[0] == "doctor":
            assert "server" in outcome.out
        else:
            assert outcome.code == 0, (words, outcome.out, outcome.err)
