"""Hours of ordinary use with faults, and whether anything grows: `python -m tools.soak --minutes 60`."""
