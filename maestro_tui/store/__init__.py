"""Where documents live: one protocol, several backends."""
