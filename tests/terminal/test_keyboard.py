"""Keys, from what a real outer terminal sends to what the program in the pane gets."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.keys import REPLACED_KEYS, _get_unicode_name_from_key

from maestro_tui.terminal.engine import Terminal
from maestro_tui.terminal.keyboard import parse_key
from maestro_tui.tui.outer_keys import OuterParser, teach_textual

MODES = {
    "legacy": b"",
    "application": b"\x1b[?1h\x1b=",
    "other": b"\x1b[>4;2m",
    "kitty": b"\x1b[>1u",
    "all": b"\x1b[>31u",
}


@pytest.fixture(scope="module")
def terminals():
    teach_textual()
    made = {name: Terminal(10, 2) for name in MODES}
    for name, data in MODES.items():
        made[name].feed(data)
    yield made
    for terminal in made.values():
        terminal.close()


def pressed(sequence: str) -> list[events.Key]:
    """The keys Textual makes of what an outer terminal sends."""
    parser = OuterParser()
    found = [*parser.feed(sequence), *parser.feed("")]
    return [event for event in found if isinstance(event, events.Key)]


def typed(terminal: Terminal, sequence: str) -> bytes:
    return b"".join(terminal.encode_key(event.key, event.character) for event in pressed(sequence))


SAME_IN_LEGACY = [
    *map(chr, range(0x01, 0x20)),
    *map(chr, range(0x20, 0x80)),
    "\x00", "é", "漢", "ß", "👨‍👩‍👧", "ไทย",
    "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F", "\x1b[2~", "\x1b[3~", "\x1b[5~", "\x1b[6~",
    "\x1b[Z", "\x1b[1;2A", "\x1b[1;3B", "\x1b[1;5C", "\x1b[1;6D", "\x1b[1;7A", "\x1b[1;5H", "\x1b[1;2F",
    "\x1b[3;2~", "\x1b[3;3~", "\x1b[3;5~", "\x1b[5;5~", "\x1b[6;5~",
    "\x1bOP", "\x1bOQ", "\x1bOR", "\x1bOS", "\x1b[15~", "\x1b[17~", "\x1b[18~", "\x1b[19~", "\x1b[20~", "\x1b[21~",
    "\x1b[23~", "\x1b[24~", "\x1b[1;2P", "\x1b[1;5Q", "\x1b[15;2~", "\x1b[15;5~", "\x1b[24;6~",
    "\x1b\r", "\x1b\x01", "\x1b\x1a",
    "\x1b\x1b[A", "\x1bц", "\x1b[25~", "\x1b[26~", "\x1b[28~", "\x1b[29~", "\x1b[31~", "\x1b[32~", "\x1b[33~",
    *(f"\x1b{chr(code)}" for code in range(0x20, 0x80)), "\x1bé", "\x1b[1;2R", "\x1b[1;5R",
    "\x1b[34~", "\x1b[25;5~", "\x1b[24;8~", "\x1b[E", "\x1b[1;5E", "\x1b[1;9A", "日本語",
]  # fmt: skip


@pytest.mark.parametrize("sequence", SAME_IN_LEGACY, ids=ascii)
def test_a_program_without_modes_gets_what_the_outer_terminal_sent(terminals, sequence):
    assert typed(terminals["legacy"], sequence) == sequence.encode()


@pytest.mark.parametrize(
    "sequence", ["\x1b[97:b;2u", "\x1b[97;2:3u", "\x1b[1114112u", "\x1b[99999999999999999999u", "\x1b[;u"]
)
def test_keys_go_on_after_one_that_cannot_be_read(terminals, sequence):
    assert typed(terminals["legacy"], sequence + "\x1b[Ax").endswith(b"\x1b[Ax")


@pytest.mark.parametrize("first", ["\x1bx", "\x1b.", "\x1b1", "\x1bA", "\x1b\\", "\x1bé", "\x1b\x01"], ids=ascii)
@pytest.mark.parametrize("second", ["x", "\x1bx", "\x1b.", "\x1b[A", "\x1bOP", "\x1b[1;5C", "\r", "漢"], ids=ascii)
def test_a_key_with_alt_is_itself_whatever_follows_it_closely(terminals, first, second):
    assert typed(terminals["legacy"], first + second) == (first + second).encode()


@pytest.mark.parametrize(
    ("sequence", "legacy"),
    [
        ("\x1b[97;5u", b"\x01"),
        ("\x1b[97:65;2;65u", b"A"),
        ("\x1b[27;3;97~", b"\x1ba"),
        ("\x1b[27;5;99~", b"\x03"),
        ("\x1b[27;2;65~", b"A"),
        ("\x1b[1092::97;5u", b"\x01"),
        ("\x1b[97;65u", b"a"),
        ("\x1b[97;69u", b"\x01"),
        ("\x1b[13;2~", b"\x1b[1;2R"),
        ("\x1b[13;7~", b"\x1b[1;7R"),
        ("\x1b[97;3u", b"\x1ba"),
        ("\x1b[97;4u", b"\x1bA"),
        ("\x1b[97;;97u", b"a"),
        ("\x1b[97;2;65u", b"A"),
        ("\x1b[49;2;33u", b"!"),
        ("\x1b[228;;228u", b"\xc3\xa4"),
        ("\x1b[32;5u", b"\x00"),
        ("\x1b[64;5u", b"\x00"),
        ("\x1b[91;5u", b"\x1b"),
        ("\x1b[91;7u", b"\x1b\x1b"),
        ("\x1b[92;5u", b"\x1c"),
        ("\x1b[93;5u", b"\x1d"),
        ("\x1b[47;5u", b"\x1f"),
        ("\x1b[105;5u", b"\t"),
        ("\x1b[109;5u", b"\r"),
        ("\x1b[27u", b"\x1b"),
        ("\x1b[13u", b"\r"),
        ("\x1b[13;2u", b"\x1b[27;2;13~"),
        ("\x1b[27;2;13~", b"\x1b[27;2;13~"),
        ("\x1b[13;3u", b"\x1b\r"),
        ("\x1b[127u", b"\x7f"),
        ("\x1b[127;3u", b"\x1b\x7f"),
        ("\x1b[127;5u", b"\x08"),
        ("\x1b[9;2u", b"\x1b[Z"),
        ("\x1b[57399;;48u", b"0"),
        ("\x1b[57414u", b"\r"),
        ("\x1b[57413u", b"+"),
        ("\x1b[57412;;45u", b"-"),
        ("\x1b[57417u", b"\x1b[D"),
        ("\x1b[57376u", b"\x1b[25~"),
        ("\x1b[57387;5u", b"\x1b[45;5~"),
        ("\x1b[9;5u", b"\x1b[27;5;9~"),
        ("\x1b[0;;228:246u", b"\xc3\xa4\xc3\xb6"),
        ("\x1b[97;129;97u", b"a"),
        ("\x1b[57441u", b""),
        ("\x1b[57441;2u", b""),
        ("\x1b[57427u", b""),
    ],
    ids=ascii,
)
def test_keys_of_a_kitty_terminal_reach_a_program_that_knows_nothing_of_it(terminals, sequence, legacy):
    assert typed(terminals["legacy"], sequence) == legacy


@pytest.mark.parametrize(
    ("sequence", "kitty"),
    [
        ("\x1b[13;2u", b"\x1b[13;2u"),
        ("\x1b[27;2;13~", b"\x1b[13;2u"),
        ("\x1b", b"\x1b[27u"),
        ("\x01", b"\x1b[97;5u"),
        ("\x00", b"\x1b[32;5u"),
        ("\x1ba", b"\x1b[97;3u"),
        ("a", b"a"),
        ("A", b"A"),
        ("\x1b[A", b"\x1b[A"),
        ("\x1b[105;5u", b"\x1b[105;5u"),
        ("\x1b[97;6u", b"\x1b[97;6u"),
        ("\x1b[107;9u", b"\x1b[107;9u"),
        ("\x1b\r", b"\x1b[13;3u"),
        ("\x1b\x7f", b"\x1b[127;3u"),
        ("\x1b\x01", b"\x1b[97;7u"),
        ("\x1b[25~", b"\x1b[57376u"),
        ("\x1b[E", b"\x1b[57427u"),
        ("日本", "日本".encode()),
        ("\x1b[57358u", b""),
    ],
    ids=ascii,
)
def test_a_program_that_asked_for_the_kitty_protocol_gets_it(terminals, sequence, kitty):
    assert typed(terminals["kitty"], sequence) == kitty


@pytest.mark.parametrize(
    ("mode", "sequence", "data"),
    [
        ("application", "\x1b[A", b"\x1bOA"),
        ("application", "\x1b[H", b"\x1bOH"),
        ("application", "\x1b[1;5A", b"\x1b[1;5A"),
        ("application", "\x1b[F", b"\x1bOF"),
        ("application", "\x1b[E", b"\x1bOE"),
        ("application", "\x1b[57399;;48u", b"0"),  # Textual does not tell the keypad's keys from the others
        ("application", "\x1bOM", b"\r"),
        ("other", "\x1b\r", b"\x1b[27;3;13~"),
        ("other", "\x1b[13;2u", b"\x1b[27;2;13~"),
        ("other", "\x01", b"\x1b[27;5;97~"),
        ("other", "a", b"a"),
        ("all", "a", b"\x1b[97;;97u"),
        ("all", "\x1b[A", b"\x1b[A"),
        ("all", "é", b"\x1b[233;;233u"),
        ("all", "\x1b[228:196;2;196u", b"\x1b[228:196;2;196u"),
    ],
)
def test_keys_follow_the_modes_a_program_set(terminals, mode, sequence, data):
    assert typed(terminals[mode], sequence) == data


def test_key_releases_are_not_promised():
    replies = []
    terminal = Terminal(10, 2, on_reply=replies.append)
    terminal.feed(b"\x1b[>31u\x1b[?u")
    assert replies == [b"\x1b[?29u"]
    terminal.close()


@pytest.mark.parametrize(
    "name", ["question_mark", "left_square_bracket", "less_than_sign", "at", "minus", "underscore"]
)
def test_a_character_named_alone_is_typed(terminals, name):
    full = REPLACED_KEYS.get(name, name)
    character = unicodedata.lookup(_get_unicode_name_from_key(full).replace("_", " "))
    assert terminals["legacy"].encode_key(name, None) == character.encode()


@given(st.text(max_size=30), st.none() | st.text(max_size=3))
def test_no_key_raises(terminals, key, character):
    parse_key(key, character)
    for terminal in terminals.values():
        terminal.encode_key(key, character)


@given(st.characters(exclude_categories=["Cs", "Cc", "Co"]))
def test_every_character_a_person_can_type_arrives(terminals, character):
    assert typed(terminals["legacy"], character) == character.encode()
