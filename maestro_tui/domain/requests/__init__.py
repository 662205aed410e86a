"""The bodies clients send, a module for each thing they are about.

Known fields are checked strictly, unknown ones ignored.
"""
