"""maestro-tui: the terminal cockpit for people who run several AI coding agents at once."""
