"""What a command needs, each asked in one place, before anything is installed or built.

Every module imports the standard library alone and runs on Python 3.8. So it can say which Python
is needed. ``scripts.preflight`` asks.
"""


class MissingError(Exception):
    """A command cannot work. The text says what was found, what is expected, and what to do."""
