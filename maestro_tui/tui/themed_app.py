"""The cockpit in the colours of theme files, which it takes up while it runs."""

from collections.abc import Sequence
from pathlib import Path

from textual.app import App
from watchfiles import awatch

from maestro_tui.paths import bundled
from maestro_tui.terminal.palette import Palette
from maestro_tui.tui.later import Later
from maestro_tui.tui.pacing import PacedApp
from maestro_tui.tui.themes import DEFAULT_THEME, Themes, load_themes, quiet_variables, textual_theme

__all__ = ["ThemedApp"]


class ThemedApp(PacedApp, inherit_bindings=False):
    """An application whose themes are files; the terminals in it have the colours of the theme in use.

    theme_directories: after the bundled one, later ones win.
    """

    def __init__(self, theme_directories: Sequence[Path] = ()) -> None:
        super().__init__()
        self._theme_directories = (bundled("themes"), *theme_directories)
        self._themes = Themes({})

    def paint_terminals(self, palette: Palette | None) -> None:
        """Give every terminal these colours; None leaves them to the outer terminal."""
        raise NotImplementedError

    def use_themes(self, wanted: str) -> None:
        """Take up a theme by name, or the default where it cannot be had, and follow the files from now on."""
        self._load_themes()
        self.theme = self._themes.pick(wanted, self.available_themes)
        self.theme_changed_signal.subscribe(self, lambda _: self._paint_terminals())
        self._paint_terminals()
        self.run_worker(Later(self._watch_themes), group="themes", exclusive=True)

    def action_theme_next(self) -> None:
        """Use the next of our themes."""
        names = sorted(self._themes.files) or [DEFAULT_THEME]
        place = names.index(self.theme) + 1 if self.theme in names else 0
        self.theme = names[place % len(names)]
        self.notify(f"Theme: {self.theme}", timeout=2)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Variables of ours that themes made elsewhere lack."""
        return quiet_variables(self.current_theme)

    def _paint_terminals(self) -> None:
        self.paint_terminals(self._themes.palette(self.theme, dark=self.current_theme.dark))

    def _load_themes(self) -> None:
        self._themes = load_themes(self._theme_directories)
        for file in self._themes.files.values():
            self.register_theme(textual_theme(file))
        for finding in self._themes.findings:
            self.notify(finding, title="Theme", severity="warning", timeout=15)

    async def _watch_themes(self) -> None:
        """Take up changes of theme files while the cockpit runs."""
        places = [place for place in self._theme_directories if place.is_dir()]
        if not places:
            return
        async for _ in awatch(*places, debounce=200, step=50):
            self._load_themes()
            self.mutate_reactive(App.theme)
