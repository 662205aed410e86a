"""Settings: what may be configured, and where each value came from."""
