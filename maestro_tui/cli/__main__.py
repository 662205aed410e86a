"""`python -m maestro_tui.cli`."""

from maestro_tui.cli.entry import main

if __name__ == "__main__":
    main()
