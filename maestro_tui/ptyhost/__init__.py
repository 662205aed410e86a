"""One small process per session that owns its PTY and outlives every cockpit."""
