"""The `maestro` command: standard library only, and no more of it than a command needs.

Modules here say `TYPE_CHECKING = False` for themselves, as type checkers understand: loading
`typing` for it would cost a tenth of a whole command.
"""
