"""Scripted agents: ordinary programs that run in panes and talk through the `maestro` command alone."""
