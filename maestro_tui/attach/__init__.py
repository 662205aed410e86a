"""One session alone in any terminal: `maestro-tui attach`."""
