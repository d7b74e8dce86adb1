"""How the verbs of people refuse.

Owns the exception. A refused verb changed nothing, with one exception that says so (a wrong old password counts as a failed attempt).
"""
from __future__ import annotations


class PeopleRefused(Exception):
    """The verb did nothing. ``field``: the form's field, '' = the whole; ``message``: Chinese, says what is wrong and what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message
