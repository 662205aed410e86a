"""The gate every text from outside passes: text is data, never an escape sequence.

Removed are the C0 and C1 control characters, DEL, lone surrogates, bidirectional controls
and invisible characters, which could drive a terminal or show one thing and mean another.
Line feeds and tabs stay where a text may have several lines. ZERO WIDTH JOINER stays: it
holds emoji together. Used when text comes in and again where it is shown.
"""

import re
import unicodedata

__all__ = ["clean_line", "clean_text"]

_INVISIBLE = "\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
_TAGS = "\U000e0000-\U000e007f"
_CONTROL = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{_INVISIBLE}{_TAGS}]")
_BREAKS = re.compile(r"\s*[\n\t]\s*")
_LINE_ENDS = re.compile(r"\r\n?")


def clean_text(text: str) -> str:
    """Text of several lines, safe to store and to show; NFC."""
    if text.isascii() and text.isprintable():
        return text
    return unicodedata.normalize("NFC", _CONTROL.sub("", _LINE_ENDS.sub("\n", text)))


def clean_line(text: str) -> str:
    """Text of one line, trimmed: line breaks and tabs become a single space."""
    return _BREAKS.sub(" ", clean_text(text)).strip()
