"""What people see: tables that fit, colours where they are wanted, words of their own."""

import io

import pytest

from maestro_tui.cli.layout import Column, ago, facts, shorten, table
from maestro_tui.cli.output import Output, Result

COLUMNS = (Column("ID", "id"), Column("TITLE", "title", flexible=True))
ROWS = [{"id": "task_1", "title": "A long title of several words"}, {"id": "task_22", "title": "規模 short"}]


class Screen(io.StringIO):
    def isatty(self):
        return True


def on_screen(columns=80, **environ):
    return Output(stdout=Screen(), environ={"COLUMNS": str(columns), "TERM": "xterm", **environ})


def test_a_table_is_as_wide_as_it_needs_where_nobody_looks():
    lines = table(COLUMNS, ROWS, Output(stdout=io.StringIO()))
    assert lines[0] == "ID       TITLE"
    assert lines[1] == "task_1   A long title of several words"


@pytest.mark.parametrize("columns", [24, 30, 80])
def test_a_table_fits_the_terminal(columns):
    assert max(len(line) for line in table(COLUMNS, ROWS, on_screen(columns))) <= columns


def test_wide_characters_count_twice():
    assert shorten("規模規模", 5) == "規模…"
    assert shorten("abc", 3) == "abc"


def test_colours_are_for_terminals_that_want_them():
    rows = [{"id": "blocked", "title": "blocked"}]
    assert table(COLUMNS, rows, on_screen())[1] == "\x1b[31mblocked\x1b[0m  blocked"
    assert facts([("Status", "blocked"), ("Title", "blocked")], on_screen())[1] == "Title   blocked"
    for plain in (on_screen(NO_COLOR="1"), on_screen(TERM="dumb"), Output(stdout=io.StringIO(), environ={})):
        assert "\x1b" not in "".join(table(COLUMNS, rows, plain))
        assert "\x1b" not in "".join(facts([("Status", "blocked")], plain))


def test_times_are_told_in_one_unit():
    assert [ago(0, now=seconds) for seconds in (5, 65, 7200, 200000)] == ["5 s", "1 min", "2 h", "2 d"]
    assert ago(None) == ""


def test_the_three_forms_of_a_result():
    result = Result({"a": "ü\ud800"}, ["line"], ["id_1"])
    for flags, text in (
        ({}, "line\n"),
        ({"quiet": True}, "id_1\n"),
        ({"json": True}, '{"success":true,"data":{"a":"ü\\ud800"}}\n'),
    ):
        stdout = io.StringIO()
        Output(stdout=stdout, environ={}, **flags).result(result)
        assert stdout.getvalue() == text
