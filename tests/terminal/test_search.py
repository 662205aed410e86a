"""Finding text in a terminal: the same matches as in the text itself, where the person sees them."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from maestro_tui.terminal.engine import Terminal
from maestro_tui.terminal.search import BadPattern, Match, Wanted


def all_matches(terminal, *wanted, **options):
    search = terminal.search(Wanted(*wanted, **options))
    while search.step():
        pass
    return search


def test_matches_are_counted_and_chosen_around_the_ends(screen):
    terminal = screen(20, 4, "first Needle\r\n" + "hay\r\n" * 3000 + "last needle\r\n" + "hay\r\n" * 20).terminal
    search = all_matches(terminal, "needle")
    assert search.matches == [Match(0, 6, 0, 12), Match(3001, 5, 3001, 11)]
    assert search.older(3001, 5) == search.matches[0]
    assert search.older(0, 6) == search.matches[1]
    assert search.newer(0, 6) == search.matches[1]
    assert search.newer(3001, 5) == search.matches[0]
    assert (search.number(3001, 5), search.number(3001, 6)) == (2, 0)
    assert all_matches(terminal, "needle", case=True).matches == [Match(3001, 5, 3001, 11)]
    assert all_matches(terminal, "nothing").newer(0, 0) is None


def test_patterns(screen):
    terminal = screen(40, 4, "error 12 at a.py:7\r\nError 13.").terminal
    assert len(all_matches(terminal, r"error \d+", regex=True).matches) == 2
    assert len(all_matches(terminal, r"^error", regex=True, case=True).matches) == 1
    assert all_matches(terminal, "13.").matches == [Match(1, 6, 1, 9)]
    assert all_matches(terminal, r"x*", regex=True).matches == []
    with pytest.raises(BadPattern, match="no regular expression"):
        terminal.search(Wanted("(", regex=True))


def test_a_pattern_that_takes_too_long_is_given_up(screen):
    terminal = screen(60, 4, "a" * 50).terminal
    with pytest.raises(BadPattern, match="too long"):
        all_matches(terminal, r"(a|a)+$b", regex=True)


def test_across_soft_wraps_and_wide_characters(screen):
    terminal = screen(10, 4, "0123456789abc\r\n漢字 needle").terminal
    search = all_matches(terminal, "89ab")
    assert search.matches == [Match(0, 8, 1, 2)]
    assert (list(search.spans(0)), list(search.spans(1))) == ([(8, 10)], [(0, 2)])
    assert all_matches(terminal, "needle").matches == [Match(2, 5, 3, 1)]
    assert all_matches(terminal, "字").matches == [Match(2, 2, 2, 3)]


def test_what_arrives_later_is_found_too(screen):
    shown = screen(20, 4, "needle")
    search = all_matches(shown.terminal, "needle")
    shown.feed("\r\n" * 50 + "needle")
    search.again(4)
    while search.step():
        pass
    assert [match.row for match in search.matches] == [0, 50]
    search.shift(-1)
    assert [match.row for match in search.matches] == [49]


@given(
    st.lists(st.text(st.sampled_from("ab 漢é"), max_size=30), min_size=1, max_size=8),
    st.text(st.sampled_from("ab漢"), min_size=1, max_size=3),
    st.integers(4, 12),
)
@example(lines=["aaaaaaa漢"], needle="a漢", columns=4)
@example(lines=["aaa漢漢a a"], needle="aa", columns=9)
def test_it_finds_what_is_in_the_text(lines, needle, columns):
    terminal = Terminal(columns, 3)
    terminal.feed("\r\n".join(lines).encode())
    found = all_matches(terminal, needle).matches
    # A wide character that did not fit leaves a blank at the end of its row, which is no part of the text.
    expected = sum(len(re.findall(re.escape(needle), line)) for line in lines)
    assert len(found) == expected
    for match in found:
        terminal.selection.between((match.column, match.row), (match.end_column - 1, match.end_row))
        assert terminal.selection.text() == needle
    terminal.close()
