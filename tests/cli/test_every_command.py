"""What is promised of every command, asked of every command of the table."""

import io
import json
import re
import sys
import unicodedata
import urllib.request
from pathlib import Path

import pytest

from maestro_tui.cli import entry
from maestro_tui.cli.parser import parse
from maestro_tui.cli.table import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
SHOWN = [command for command in COMMANDS if command.path != "__complete"]
NOT_RUN = 3
"""The exit code where a runner would be needed, which nobody starts here."""
DOCUMENTS = ("task", "session", "project", "subtask")

SAMPLES = {
    "project list": "",
    "project create": "another",
    "project get": "PROJECT",
    "project delete": "EMPTY",
    "project use": "PROJECT",
    "task list": "",
    "task create": "title --desc text",
    "task get": "TASK",
    "task update": "TASK --title title",
    "task start": "TASK",
    "task complete": "TASK",
    "task block": "TASK --reason why",
    "task unblock": "TASK",
    "task delete": "NEWTASK",
    "task children": "TASK",
    "task tree": "",
    "subtask create": "TASK step",
    "subtask list": "TASK",
    "subtask complete": "TASK SUBTASK",
    "subtask reopen": "TASK SUBTASK",
    "subtask delete": "TASK NEWSUBTASK",
    "session spawn": "--task TASK",
    "session list": "",
    "session siblings": "",
    "session info": "SESSION",
    "session send": "SESSION text",
    "session stop": "NEWSESSION",
    "session restart": "RESTARTED",
    "session approve": "SESSION",
    "session deny": "SESSION",
    "session limits": "",
    "session pause-spawning": "",
    "session resume-spawning": "",
    "session watch": "SESSION --timeout 0.05",
    "session wait": "ENDED",
    "session logs": "ENDED",
    "session export": "ENDED",
    "session why": "SESSION",
    "session correct": "SESSION working",
    "session resume": "ENDED",
    "session register": "",
    "session complete": "",
    "session idle": "",
    "session needs-input": "",
    "session resume-working": "",
    "update": "text",
    "report progress": "text",
    "report blocked": "text",
    "report error": "text",
    "report needs-input": "text",
    "report complete": "text",
    "task report progress": "TASK text",
    "task report blocked": "TASK text",
    "task report error": "TASK text",
    "task report complete": "TASK text",
    "task report needs-input": "TASK text",
    "status": "",
    "whoami": "",
    "commands": "",
    "skill list": "",
    "skill info": "maestro-cli",
    "skill validate": "SKILL",
    "skill new": "NAME",
    "track-file": "/src/a.py",
    "worker init": "",
    "orchestrator init": "",
    "doctor": "",
    "completion": "bash",
    "version": "",
    "session docs add": "title --file FILE",
    "session docs list": "",
    "task docs add": "TASK title --file FILE",
    "task docs list": "TASK",
    "session notify": "SESSION text",
    "session mail read": "",
    "hook dispatch": "PreToolUse",
    "team-member list": "",
    "team-member get": "MEMBER",
    "team-member memory list": "MEMBER",
    "team-member memory append": "MEMBER --entry text",
    "team list": "",
    "team get": "TEAM",
    "announce": "text",
}
"""How each is called; a word in capitals stands for a document that is there."""

REFUSED = {
    "session send": NOT_RUN,
    "session approve": 6,
    "session deny": 6,
    "session resume": 1,
    "session logs": 2,
    "session export": 2,
}
"""Those that end otherwise than with 0 here, and how."""


class Untouched(io.StringIO):
    """A standard input that nobody may read, since nobody said `-`."""

    def read(self, *_):
        raise AssertionError("it waits for standard input")

    readline = read


class Terminal(io.StringIO):
    """What is written to a terminal."""

    encoding = "utf-8"

    def isatty(self):
        return True


def _team(board):
    """The ids of a team member and of a team, which no command makes."""
    base, token = board.env["MAESTRO_API_URL"], board.env["MAESTRO_TOKEN"]

    def made(path, **body):
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        content = json.dumps({"projectId": board.project_id, **body}).encode()
        with urllib.request.urlopen(urllib.request.Request(base + path, content, headers), timeout=30) as answer:
            return json.load(answer)["id"]

    member = made("/api/team-members", name="Reviewer", identity="Be strict.")
    return member, made("/api/teams", name="Checkers", leaderId=member)


class Scene:
    """Documents for the words in capitals, and a pane that knows them."""

    def __init__(self, board, folder):
        self.board = board
        self.folder = folder
        self.task, self.session = board.task("the work"), ""
        self.session = board.session(self.task)
        self.subtask = board.run("subtask", "create", self.task, "a step", "-q").out.strip()
        self.made, self.ended = 0, ""
        self.member, self.team = _team(board)
        manifest = board.data("session", "info", self.session)["manifestPath"]
        home = folder / "home"
        home.mkdir(mode=0o700)
        self.env = {
            **board.env,
            "MAESTRO_HOME": str(home),
            "MAESTRO_SESSION_ID": self.session,
            "MAESTRO_TASK_IDS": self.task,
            "MAESTRO_MANIFEST_PATH": manifest,
        }

    def word(self, word):
        self.made += 1
        fixed = {
            "TASK": self.task,
            "SESSION": self.session,
            "PROJECT": self.board.project_id,
            "SUBTASK": self.subtask,
            "MEMBER": self.member,
            "TEAM": self.team,
        }
        match word:
            case "EMPTY":
                return self.board.run("project", "create", f"empty {self.made}", "-q").out.strip()
            case "NEWTASK":
                return self.board.task("to go")
            case "NEWSUBTASK":
                return self.board.run("subtask", "create", self.task, f"step {self.made}", "-q").out.strip()
            case "NEWSESSION":
                return self.board.session(self.task)
            case "ENDED":
                self.ended = self.ended or self._stopped()
                return self.ended
            case "RESTARTED":
                return self._stopped()
            case "NAME":
                return f"skill-{self.made}"
            case "FILE":
                path = self.folder / "plan.md"
                path.write_text("# Plan")
                return str(path)
            case "SKILL":
                return str(ROOT / "skills" / "maestro-cli")
        return fixed.get(word, word)

    def _stopped(self):
        session = self.board.session(self.task)
        self.board.run("session", "stop", session)
        return session

    def call(self, command, *flags, words=None):
        given = SAMPLES[command.path].split() if words is None else words
        return [*command.path.split(), *map(self.word, given), *flags]


@pytest.fixture
def scene(board, tmp_path):
    return Scene(board, tmp_path)


@pytest.fixture
def run(monkeypatch):
    """Run in this process, with nothing to read; gives the code and what was written to both streams."""

    def call(argv, env, stdout=None, stdin=None):
        out, err = stdout or io.StringIO(), io.StringIO()
        for name, stream in (("stdin", stdin or Untouched()), ("stdout", out), ("stderr", err)):
            monkeypatch.setattr(sys, name, stream)
        code = entry.run(argv, env)
        return code, out.getvalue(), err.getvalue()

    return call


def test_every_command_has_a_sample():
    assert set(SAMPLES) == {command.path for command in SHOWN}


def test_an_argument_may_be_given_by_a_flag_of_its_name():
    for command in SHOWN:
        for argument in command.arguments:
            for flag in argument.also:
                others = ["word" for one in command.arguments if one is not argument and one.required]
                for given in ([flag, "value"], [f"{flag}=value"]):
                    found = parse([*command.path.split(), *others, *given])
                    assert found.command is command, (command.path, flag)
                    assert found.texts(argument.key) == ["value"], (command.path, flag)


def keys(document):
    """The names of a document in the order they stand, those in lists told once."""
    if isinstance(document, dict):
        return [(name, keys(value)) for name, value in document.items()]
    return keys(document[0]) if isinstance(document, list) and document else None


def test_one_json_document_the_same_way_every_time_and_ids_alone(scene, run):
    wrong = []
    for command in SHOWN:
        wanted = REFUSED.get(command.path, 0)
        seen = []
        for _ in range(2):
            code, out, _err = run(scene.call(command, "--json"), scene.env)
            if code != wanted or out.count("\n") != 1 or not out.endswith("\n"):
                wrong.append((command.path, "--json", code, out[:300]))
                break
            document = json.loads(out)
            if list(document)[:2] != (["success", "data"] if document["success"] else ["success", "error"]):
                wrong.append((command.path, "--json", list(document)))
            seen.append(keys(document))
        if len(seen) == 2 and seen[0] != seen[1]:
            wrong.append((command.path, "another order", *seen))
        code, out, _err = run(scene.call(command, "--quiet"), scene.env)
        is_id = command.path == "commands" or not any(" " in line.strip() for line in out.splitlines())
        if code != wanted or not is_id:
            wrong.append((command.path, "--quiet", code, out[:300]))
        code, out, _err = run(scene.call(command, "--jsonl"), scene.env)
        if code != wanted or not all(json.loads(line) for line in out.splitlines()):
            wrong.append((command.path, "--jsonl", code, out[:300]))
    assert not wrong, "\n".join(map(str, wrong))


LISTS = {
    "project list",
    "task list",
    "task children",
    "task tree",
    "subtask list",
    "session list",
    "session siblings",
    "session docs list",
    "task docs list",
    "skill list",
    "team-member list",
    "team list",
    "commands",
    "status",
}
"""What stands in rows. Of texts and facts, a terminal breaks the lines."""


@pytest.mark.parametrize("width", [40, 80, 120])
def test_what_is_printed_fits_the_terminal(scene, run, width):
    long = "A title that goes on and on, so that no terminal is ever wide enough for all of it " * 3
    below = scene.board.task(long, "--parent", scene.task, "--priority", "high")
    for title in (long, "文" * 60):
        scene.board.session(below, "--name", title[:150])
        scene.board.run("subtask", "create", below, title)
    parent = {"MAESTRO_PARENT_SESSION_ID": scene.session}
    scene.board.run("session", "spawn", "--task", below, env=parent | {"MAESTRO_SESSION_ID": scene.session})
    scene.board.run("session", "docs", "add", long, "--file", "/" + "a" * 100, "--content", "x", env=scene.env)
    env = {**scene.env, **parent, "COLUMNS": str(width), "NO_COLOR": "1"}
    wrong = []
    for command in SHOWN:
        _code, out, _err = run(scene.call(command), env, stdout=Terminal())
        if "\x1b" in out:
            wrong.append((command.path, "colours in spite of NO_COLOR"))
        if command.path in LISTS:
            assert out, command.path
            rows = [line for line in out.splitlines() if command.path != "status" or "●" in line]
            wrong += [(command.path, line) for line in rows if cells(line) > width]
    assert not wrong, "\n".join(map(str, wrong))


def cells(line):
    return sum(
        0 if unicodedata.combining(one) else 1 + (unicodedata.east_asian_width(one) in "WF") for one in line
    )


def shared(ids):
    """How two ids begin."""
    first, second = ids
    return first[: next(place for place, one in enumerate(first) if one != second[place])]


def test_the_beginning_of_an_id_is_enough_and_an_ambiguous_one_names_what_it_could_be(scene, run):
    board = scene.board
    kinds = {
        "task": [scene.task, board.task("another")],
        "session": [scene.session, board.session(scene.task)],
        "project": [board.project_id, board.run("project", "create", "other", "-q").out.strip()],
        "subtask": [scene.subtask, board.run("subtask", "create", scene.task, "other step", "-q").out.strip()],
    }
    whole_only = {"task delete", "project delete"}
    fixed = {"TASK": "task", "SESSION": "session", "PROJECT": "project", "SUBTASK": "subtask"}
    wrong = []
    for command in SHOWN:
        words = SAMPLES[command.path].split()
        for place, word in enumerate(words):
            if (kind := fixed.get(word)) is None or command.path in whole_only:
                continue
            first, *_ = kinds[kind]
            short = [first.rpartition("_")[2][:8] if one == place else old for one, old in enumerate(words)]
            code, _out, err = run(scene.call(command, words=short), scene.env)
            if code != REFUSED.get(command.path, 0):
                wrong.append((command.path, short, code, err))
            several = [shared(kinds[kind]) if one == place else old for one, old in enumerate(words)]
            code, out, err = run(scene.call(command, "--json", words=several), scene.env)
            document = json.loads(out)
            if code == 0 or not set(kinds[kind]) <= set((document["details"] or {}).get("candidates", [])):
                wrong.append((command.path, several, code, out, err))
    assert not wrong, "\n".join(map(str, wrong))


def test_what_is_misspelt_or_no_word_is_answered_with_what_there_is(run, tmp_path):
    env = {"HOME": str(tmp_path), "MAESTRO_API_URL": "http://127.0.0.1:1", "MAESTRO_RETRIES": "0"}
    pane = {**env, "MAESTRO_SESSION_ID": "sess_1", "MAESTRO_TASK_IDS": "task_1", "MAESTRO_PROJECT_ID": "proj_1"}
    wrong = []
    for command in SHOWN:
        path = command.path.split()
        code, _out, err = run([*path[:-1], path[-1][:-1] + "x"], env)
        if command.path.count(" ") < 2 and (code != 1 or command.path not in err) and not command.hidden:
            wrong.append((command.path, code, err))
        for flag in command.flags:
            if flag.hidden:
                continue
            name = flag.names[0]
            code, _out, err = run([*path, f"{name}x"], env)
            if code != 1 or name not in err:
                wrong.append((command.path, f"{name}x", code, err))
            words = flag.offers.split()
            if len(words) > 1 and not command.silent:
                code, _out, err = run([*path, *SAMPLES[command.path].split(), name, "nonsense"], pane)
                if code != 1 or not all(word in err for word in words):
                    wrong.append((command.path, name, code, err))
    assert not wrong, "\n".join(map(str, wrong))


def test_a_missing_context_names_its_variable(run, tmp_path):
    env = {"HOME": str(tmp_path), "MAESTRO_API_URL": "http://127.0.0.1:1", "MAESTRO_RETRIES": "0"}
    variables = {"task": "MAESTRO_TASK_IDS", "session": "MAESTRO_SESSION_ID"}
    wrong, asked = [], 0
    for command in SHOWN:
        first = command.arguments[0] if command.arguments else None
        if command.silent or first is None or first.required or first.offers not in variables:
            continue
        if command.path in ("task list", "session list", "session watch"):
            continue  # without one they are about the whole project
        rest = [
            word for word in SAMPLES[command.path].split() if word not in ("--task", "TASK", "SESSION", "ENDED")
        ]
        code, _out, err = run([*command.path.split(), *rest], env)
        asked += 1
        if code != 1 or variables[first.offers] not in err:
            wrong.append((command.path, code, err))
    assert asked > 15
    assert not wrong, "\n".join(map(str, wrong))


def test_a_server_that_is_down_is_named_with_its_origin_and_how_to_start_it(scene, run):
    env = {**scene.env, "MAESTRO_API_URL": "http://127.0.0.1:1"}
    local = {"project use", "skill validate", "skill new", "completion", "commands", "version", "worker init"}
    local |= {"orchestrator init", "doctor", "whoami", "session siblings"}
    wrong = []
    for command in SHOWN:
        if command.path in local or command.silent:
            continue
        code, _out, err = run(scene.call(command), env)
        if code != 3 or not all(word in err for word in ("127.0.0.1:1", "MAESTRO_API_URL", "maestro-tui")):
            wrong.append((command.path, code, err))
    assert not wrong, "\n".join(map(str, wrong))


TEXTS = {
    "project create": "NAME --desc -",
    "task create": "title --desc -",
    "task update": "TASK --desc -",
    "task block": "TASK --reason -",
    "subtask create": "TASK title --desc -",
    "session spawn": "--task TASK --reason -",
    "session send": "SESSION -",
    "session stop": "NEWSESSION --reason -",
    "session deny": "SESSION --reason -",
    "session pause-spawning": "--reason -",
    "session correct": "SESSION working --message -",
    "session needs-input": "-",
    "update": "-",
    "skill new": "NAME --desc -",
    "session docs add": "title --file FILE --content -",
    "task docs add": "TASK title --file FILE --content -",
    "session notify": "SESSION text --detail -",
    "team-member memory append": "MEMBER --entry -",
    "announce": "-",
    **{command.path: "-" for command in SHOWN if command.path.startswith("report ")},
    **{command.path: "TASK -" for command in SHOWN if command.path.startswith("task report ")},
}
"""Every free text, read from standard input."""


def test_every_free_text_is_read_from_standard_input_and_descriptions_from_a_file(scene, run):
    texts = re.compile(r"^(text|message|reason|desc|content|detail|entry)$")
    has_text = {
        command.path
        for command in SHOWN
        if any(flag.value == "TEXT" and texts.match(flag.key) and not flag.hidden for flag in command.flags)
        or any(texts.match(one.key) for one in command.arguments)
    }
    assert has_text <= set(TEXTS)
    wrong = []
    for command in SHOWN:
        if command.path in TEXTS:
            words, stdin = TEXTS[command.path].split(), io.StringIO("one\ntwo\n")
            code, _out, err = run(scene.call(command, words=words), scene.env, stdin=stdin)
            if code != REFUSED.get(command.path, 0) or stdin.tell() == 0:
                wrong.append((command.path, code, err))
        described = any(flag.key == "desc" for flag in command.flags)
        if described and command.path != "skill new" and not any(flag.key == "file" for flag in command.flags):
            wrong.append((command.path, "no --file for a description"))
    scene.board.run("session", "resume-spawning")
    assert not wrong, "\n".join(map(str, wrong))
