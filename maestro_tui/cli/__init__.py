"""The `maestro` command: what agents in a pane use. Standard library only."""
