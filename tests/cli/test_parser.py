"""From argv to an invocation, and what is said where something is unknown."""

import pytest

from maestro_tui.cli.diagnostics import Failure
from maestro_tui.cli.help import help_for
from maestro_tui.cli.parser import find, parse
from maestro_tui.cli.table import COMMANDS, GROUPS


def values(*argv):
    return parse(argv).values


def refused(*argv):
    with pytest.raises(Failure) as caught:
        parse(argv)
    return caught.value


@pytest.mark.parametrize(
    "argv",
    [
        ("--json", "task", "get", "t1"),
        ("task", "--json", "get", "t1"),
        ("task", "get", "--json", "t1"),
        ("task", "get", "t1", "--json"),
    ],
)
def test_global_flags_stand_anywhere(argv):
    assert values(*argv) == {"json": True, "task": "t1"}


def test_values_may_be_attached_or_follow_and_look_like_anything():
    assert values("task", "create", "--desc=a=b", "t") == {"desc": "a=b", "title": "t"}
    assert values("task", "create", "t", "--desc", "- a list")["desc"] == "- a list"
    assert values("task", "create", "--", "--json")["title"] == "--json"
    assert values("session", "send", "s", "-")["text"] == "-"
    assert values("update", "- first, the routes") == {"message": "- first, the routes"}
    assert values("update", "--message=two words") == {"message": "two words"}


def test_underscores_in_flags_are_hyphens():
    assert values("task", "create", "t", "--depends_on", "a")["depends_on"] == ["a"]


@pytest.mark.parametrize(
    ("argv", "key", "value"),
    [
        (("project", "create", "--name", "x"), "name", "x"),
        (("task", "create", "--title", "x"), "title", "x"),
        (("task", "create", "-t", "x"), "title", "x"),
        (("task", "get", "--id", "x"), "task", "x"),
        (("update", "--message", "x"), "message", "x"),
        (("session", "info", "--session", "x"), "session", "x"),
        (("task", "block", "t", "because"), "reason", "because"),
    ],
)
def test_a_flag_where_a_positional_belongs_is_understood_and_the_other_way_round(argv, key, value):
    assert values(*argv)[key] == value


def test_with_few_words_the_optional_arguments_go_without():
    assert values("subtask", "complete", "sub") == {"subtask": "sub"}
    assert values("subtask", "complete", "t", "sub") == {"task": "t", "subtask": "sub"}
    assert values("task", "report", "progress", "all well") == {"message": "all well"}


def test_repeated_flags_and_commas_add_up():
    invocation = parse(["session", "spawn", "--task", "a,b", "--task", "c"])
    assert invocation.texts("task") == ["a", "b", "c"]
    assert parse(["session", "spawn", "a"]).texts("task") == ["a"]


@pytest.mark.parametrize(
    ("alias", "path"),
    [
        ("task edit", "task update"),
        ("session prompt", "session send"),
        ("session report complete", "report complete"),
    ],
)
def test_other_spellings_in_use_work(alias, path):
    assert find(alias.split()).path == path


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        (("tsk", "list"), "maestro task"),
        (("task", "crate"), "maestro task create"),
        (("spawn",), "maestro session spawn"),
        (("task-list",), "maestro task list"),
    ],
)
def test_an_unknown_command_names_the_nearest(argv, hint):
    failure = refused(*argv)
    assert failure.code == "unknown_command"
    assert hint in failure.message
    assert failure.exit_code == 1


def test_an_unknown_flag_names_the_nearest():
    failure = refused("task", "create", "x", "--priorty", "high")
    assert failure.code == "invalid_request"
    assert "--priority" in failure.message


def test_a_group_alone_lists_what_it_has():
    assert "list, create, get" in refused("task").message


@pytest.mark.parametrize(
    ("argv", "code", "word"),
    [
        (("task", "create", "a", "b"), "invalid_request", "'b'"),
        (("task", "create", "a", "--desc"), "missing_required_field", "--desc"),
        (("task", "create", "a", "--desc", "--json"), "missing_required_field", "--desc"),
        (("task", "block", "t"), "missing_required_field", "--reason"),
        (("task", "delete"), "missing_task_id", "TASK"),
        (("task", "list", "--all=yes"), "invalid_request", "--all"),
    ],
)
def test_what_is_missing_or_too_much_is_named(argv, code, word):
    failure = refused(*argv)
    assert failure.code == code
    assert word in failure.message


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.path)
def test_every_command_has_help_and_a_handler(command):
    from importlib import import_module

    text = help_for(command.path.split())
    assert command.usage in text
    for flag in command.flags:
        assert flag.hidden or flag.names[0] in text
    module, _, function = command.handler.partition(":")
    assert callable(getattr(import_module(f"maestro_tui.cli.commands.{module}"), function))


def test_help_of_everything_and_of_groups():
    assert "Exit codes" in help_for([])
    for group in GROUPS:
        assert GROUPS[group] in help_for([group])
    with pytest.raises(Failure, match="no command"):
        help_for(["nonsense"])
    assert parse(["help", "task", "create"]).topic == ("task", "create")
    assert parse(["task", "create", "--help"]).topic == ("task", "create")
