"""Theme files: read, checked, completed, taken up while the cockpit runs."""

from itertools import product

import pytest
from textual.color import Color

from maestro_tui.paths import bundled
from maestro_tui.tui.themes import load_themes, textual_theme

OURS = ("maestro-dark", "maestro-light", "high-contrast")
TEXTS = ("foreground", "muted", "primary", "secondary", "accent", "success", "warning", "error")


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour):
    def linear(part):
        return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part / 255) for part in Color.parse(colour).rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_shipped_themes_are_good():
    themes = load_themes([bundled("themes")])
    assert themes.findings == ()
    assert set(OURS) <= set(themes.files)
    for name in OURS:
        palette = themes.palette(name)
        assert len(palette.ansi) == 16
        assert palette.is_dark == themes.files[name].dark


@pytest.mark.parametrize(("name", "text"), list(product(OURS, TEXTS)))
def test_every_text_can_be_read_on_every_ground(name, text):
    colors = load_themes([bundled("themes")]).files[name].colors
    wanted = 7 if name == "high-contrast" else 4.5
    for ground in (colors.background, colors.surface):
        assert contrast(getattr(colors, text), ground) >= wanted


def test_one_colour_is_enough(tmp_path):
    (tmp_path / "mine.toml").write_text('name = "mine"\n[colors]\nprimary = "#123456"\n')
    themes = load_themes([bundled("themes"), tmp_path])
    assert themes.findings == ()
    theme = textual_theme(themes.files["mine"])
    assert theme.variables["muted"].startswith("#")
    assert themes.palette("mine") == themes.palette("maestro-dark")


def test_every_bad_file_is_reported_and_the_good_ones_count(tmp_path):
    (tmp_path / "a.toml").write_text("name = ")
    (tmp_path / "b.toml").write_text('name = "b"\n[colors]\nprimary = "red"\n')
    (tmp_path / "c.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "d.toml").write_text('name = "d"\n[colors]\nprimary = "#0000"\n[terminal]\ncolors = ["#000000"]\n')
    (tmp_path / "e.toml").write_text('name = "e"\n[colors]\nprimary = "#00ff00"\n')
    themes = load_themes([tmp_path, tmp_path / "missing"])
    assert set(themes.files) == {"e"}
    assert [name for name in "abcd" if not any(f"{name}.toml" in finding for finding in themes.findings)] == []
    assert any("colors.primary" in finding for finding in themes.findings)


def test_a_later_directory_wins(tmp_path):
    (tmp_path / "x.toml").write_text('name = "maestro-dark"\n[colors]\nprimary = "#abcdef"\n')
    assert load_themes([bundled("themes"), tmp_path]).files["maestro-dark"].colors.primary == "#abcdef"


def test_an_unknown_theme_falls_back():
    themes = load_themes([bundled("themes")])
    assert themes.pick("nope", ("nord",)) == "maestro-dark"
    assert themes.pick("nord", ("nord",)) == "nord"


async def test_a_changed_file_is_taken_up(sample, cockpit, tmp_path, until):
    file = tmp_path / "mine.toml"
    file.write_text('name = "mine"\n[colors]\nprimary = "#112233"\nbackground = "#000000"\n')
    app = cockpit(sample, theme_directories=[tmp_path])
    async with app.run_test() as pilot:
        app.theme = "mine"
        await pilot.pause()
        assert app.theme_variables["primary"] == "#112233"

        def changed():
            file.write_text('name = "mine"\n[colors]\nprimary = "#445566"\nbackground = "#000000"\n')
            return app.theme_variables["primary"] == "#445566"

        await until(changed)


async def test_a_theme_made_elsewhere_works(sample, cockpit):
    app = cockpit(sample)
    async with app.run_test():
        app.theme = "nord"
        assert app.theme_variables["muted"].startswith("#")
