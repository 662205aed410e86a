"""Where the references show something else than we do, and why. Whatever is not listed has to agree."""

__all__ = ["DIFFERENCES", "Reasons"]

Reasons = dict[str, str]
"""A reason per reference: `tmux`, `pyte`."""

_TMUX_LACKS = "tmux does not know the sequence"
_PYTE_LACKS = "pyte does not know the sequence"
_ACS = "tmux keeps such a character as an attribute of its letter, and capturing tells the letter"
_TMUX_SETS = "tmux has the character sets G0 and G1 alone"
_PYTE_PROTECTED = "pyte has no protected characters"
_PYTE_SETS = "pyte has no character sets while it reads UTF-8"
_HALF_TMUX = "tmux keeps a wide character whose second half was overwritten; xterm and we blank it"
_HALF_PYTE = "pyte keeps a wide character whose half was overwritten; xterm and we blank it"
_PYTE_SCREENS = "pyte has no alternate screen"
_PYTE_CLUSTERS = "pyte has no clusters of code points"
_PYTE_STRINGS = "pyte prints what it should swallow"
_EDGE = "xterm and we clear the waiting wrap first"
_PYTE_LOOKS = "pyte has no such attribute"
_PYTE_COLONS = "pyte prints parameters with colons"
_PYTE_ERASES = "pyte does not move or erase with the background's colour"
_COLUMN_CASES = (
    *("SL", "SR", "DECIC", "DECDC", "DECBI", "DECBI at the edge", "DECFI", "DECFI at the edge"),
    *("DECLRMM and SL", "DECLRMM and SR", "DECLRMM and DECIC", "DECLRMM and DECBI"),
)
_MALFORMED = "each leaves out another part of a colour that is cut short"

DIFFERENCES: dict[str, Reasons] = {
    "HPA": {"pyte": _PYTE_LACKS},
    "HPR": {"tmux": _TMUX_LACKS},
    "VPR": {"tmux": _TMUX_LACKS},
    "HPB": {"tmux": _TMUX_LACKS, "pyte": _PYTE_LACKS},
    "VPB": {"tmux": _TMUX_LACKS, "pyte": _PYTE_LACKS},
    "BS and reverse wrap": {"pyte": "pyte does not know the mode"},
    "LNM": {"tmux": "tmux does not know the mode"},
    "NEL": {"pyte": "pyte treats NEL as IND"},
    "SCOSC SCORC": {"pyte": _PYTE_LACKS},
    "SU": {"pyte": _PYTE_LACKS},
    "SD": {"pyte": _PYTE_LACKS},
    **{name: {"tmux": _TMUX_LACKS, "pyte": _PYTE_LACKS} for name in _COLUMN_CASES},
    "DECXCPR": {"pyte": "pyte raises an exception"},
    "REP": {"pyte": _PYTE_LACKS},
    "REP of a wide character": {"tmux": "tmux repeats no character beyond ASCII", "pyte": _PYTE_LACKS},
    "REP and wrap": {"tmux": "tmux repeats up to the edge only", "pyte": _PYTE_LACKS},
    "DECSED": {"tmux": _TMUX_LACKS, "pyte": _PYTE_PROTECTED},
    "DECSEL": {"tmux": _TMUX_LACKS, "pyte": _PYTE_PROTECTED},
    "DECSTBM and IL outside": {"tmux": "tmux inserts lines also where the cursor is outside the margins"},
    "DECSTBM and SU": {"pyte": _PYTE_LACKS},
    "DECSTBM and LF below": {"pyte": "pyte moves the cursor back into the margins"},
    "DECOM": {"pyte": "pyte keeps to the margins by leaving out moves beyond them, where others clamp them"},
    "DECLRMM and IL": {"tmux": _TMUX_LACKS, "pyte": _PYTE_LACKS},
    "DECLRMM and wrap": {"tmux": _TMUX_LACKS, "pyte": _PYTE_LACKS},
    "wrap waits and CUB": {"tmux": "tmux counts the waiting column; xterm, pyte and we do not"},
    "wrap waits and EL": {"tmux": _EDGE, "pyte": _EDGE},
    "DECST8C": {"tmux": _TMUX_LACKS, "pyte": _PYTE_LACKS},
    "CHT": {"tmux": _TMUX_LACKS, "pyte": _PYTE_LACKS},
    "CBT": {"pyte": _PYTE_LACKS},
    "SCS line drawing": {"tmux": _ACS, "pyte": _PYTE_SETS},
    "SO SI": {"tmux": _ACS, "pyte": _PYTE_SETS},
    "SS2 SS3": {"tmux": _TMUX_SETS, "pyte": _PYTE_SETS},
    "LS2": {"tmux": _TMUX_SETS, "pyte": _PYTE_SETS},
    "SCS United Kingdom": {"tmux": "tmux has no such character set", "pyte": _PYTE_SETS},
    "wide at the edge": {"pyte": "pyte cuts a wide character at the edge in two"},
    "wide overwritten on the left": {"pyte": _HALF_PYTE},
    "wide overwritten on the right": {"tmux": _HALF_TMUX, "pyte": _HALF_PYTE},
    "wide and ECH": {"tmux": _HALF_TMUX, "pyte": _HALF_PYTE},
    "wide and DCH": {"tmux": "tmux removes the second half with the first", "pyte": _HALF_PYTE},
    "wide and ICH": {"tmux": _HALF_TMUX, "pyte": _HALF_PYTE},
    "wide and EL": {"tmux": _HALF_TMUX, "pyte": _HALF_PYTE},
    "wide without DECAWM": {"pyte": "pyte cuts a wide character at the edge in two"},
    "combining": {"pyte": "pyte composes characters (NFC), others keep what was sent"},
    "ZWJ": {"pyte": _PYTE_CLUSTERS},
    "VS16": {"pyte": _PYTE_CLUSTERS},
    "alternate screen": {"pyte": _PYTE_SCREENS},
    "alternate screen 47": {"pyte": _PYTE_SCREENS},
    "alternate screen 1047": {"pyte": _PYTE_SCREENS},
    "alternate screen is empty": {"pyte": _PYTE_SCREENS},
    "DECSC DECRC by 1048": {"tmux": "tmux does not know the mode", "pyte": "pyte does not know the mode"},
    "XTSAVE XTRESTORE": {"tmux": _TMUX_LACKS, "pyte": "pyte raises an exception"},
    "DECSTR": {"tmux": _TMUX_LACKS, "pyte": _PYTE_STRINGS},
    "DCS, APC, PM, SOS": {"pyte": _PYTE_STRINGS},
    "ESC begins anew": {"pyte": "pyte does not let ESC end a sequence"},
    "ZWJ, cut by colours": {"pyte": _PYTE_CLUSTERS},
    "kitty graphics in pieces": {"pyte": _PYTE_STRINGS},
    "kitty graphics": {"pyte": _PYTE_STRINGS},
    "sixel": {"pyte": _PYTE_STRINGS},
    "invalid UTF-8": {"tmux": "tmux leaves out what is no UTF-8; pyte and we show U+FFFD"},
    "recording vim": {"pyte": "pyte raises an exception on vim's XTMODKEYS (CSI > 4 ; 2 m)"},
    "recording python3": {"pyte": "pyte composes characters (NFC), others keep what was sent"},
    "SGR bold, faint, italic": {"pyte": _PYTE_LOOKS},
    "SGR double underline by 21": {"pyte": _PYTE_LOOKS},
    "SGR underline styles": {"pyte": _PYTE_COLONS},
    "SGR underline colour": {"pyte": _PYTE_COLONS},
    "SGR invisible": {"pyte": _PYTE_LOOKS},
    "SGR overline": {"pyte": _PYTE_LOOKS},
    "SGR 100–107": {"pyte": "pyte misspells the name of one of these colours"},
    "SGR 38;5 48;5": {"pyte": "pyte makes the first 16 indexed colours direct ones, which no theme changes"},
    "SGR 38:5": {"pyte": _PYTE_COLONS},
    "SGR 38:2": {"pyte": _PYTE_COLONS},
    "SGR cut short": {"tmux": _MALFORMED, "pyte": _MALFORMED},
    "SGR empty last parameter of a colour": {"tmux": _MALFORMED, "pyte": _MALFORMED},
    "DECSTR resets the style": {"tmux": _TMUX_LACKS, "pyte": _PYTE_STRINGS},
    "REP repeats the style": {"tmux": "tmux repeats nothing after SGR; xterm and we do", "pyte": _PYTE_LACKS},
    "ED in a colour": {"pyte": _PYTE_ERASES},
    "ICH in a colour": {"pyte": _PYTE_ERASES},
    "DCH in a colour": {"pyte": _PYTE_ERASES},
    "IL in a colour": {"pyte": _PYTE_ERASES},
    "LF scrolls in a colour": {"pyte": _PYTE_ERASES},
    "erased while inverse": {"pyte": "pyte keeps inverse in what is erased"},
    "looks of vim": {"pyte": "pyte raises an exception on vim's XTMODKEYS (CSI > 4 ; 2 m)"},
    "looks of top": {"tmux": _EDGE, "pyte": _EDGE},
    "looks of python3": {"pyte": "pyte composes characters (NFC), others keep what was sent"},
}
