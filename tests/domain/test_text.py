"""The gate for text: whatever comes in, nothing that drives a terminal goes out."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_tui.domain.text import clean_line, clean_text

DANGEROUS = {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))} - {"\n", "\t"}
DANGEROUS |= set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u2028\u2029\ufeff\u061c")
ANY_TEXT = st.text(st.characters()) | st.text(
    st.sampled_from([*sorted(DANGEROUS), "a", "e", "\n", "\u0301", "\u200d"])
)


@given(ANY_TEXT)
def test_nothing_dangerous_passes(text):
    cleaned = clean_text(text)
    assert not DANGEROUS & set(cleaned)
    cleaned.encode()  # holds no lone surrogate
    assert unicodedata.is_normalized("NFC", cleaned)


@given(ANY_TEXT)
def test_cleaning_twice_is_cleaning_once(text):
    assert clean_text(clean_text(text)) == clean_text(text)
    assert clean_line(clean_line(text)) == clean_line(text)


@given(ANY_TEXT)
def test_a_line_is_one_trimmed_line(text):
    line = clean_line(text)
    assert "\n" not in line
    assert "\t" not in line
    assert line == line.strip()


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_is_left_alone(text):
    assert clean_text(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[2Jboo", "[2Jboo"),
        ("\x1b]52;c;ZXZpbA==\x07", "]52;c;ZXZpbA=="),
        ("a\u202eb", "ab"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("e\u0301", "é"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("\ud800x", "x"),
        ("tag\U000e0041", "tag"),
    ],
)
def test_examples(text, expected):
    assert clean_text(text) == expected


def test_breaks_become_a_space():
    assert clean_line("  one \n\n two\tthree ") == "one two three"
