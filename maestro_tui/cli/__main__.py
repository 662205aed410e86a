"""`python -m maestro_tui.cli`."""

from maestro_tui.cli.entry import main

main()
