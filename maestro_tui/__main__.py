"""`python -m maestro_tui`."""

from maestro_tui.main import main

main()
