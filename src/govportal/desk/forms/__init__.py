"""The form layer of the desk: a kind's schema as forms of sections, drawn and read by pure functions.

Owns rendering, reading, pick lists, completeness, checks and the comparison of two texts. A page calls ``render_section`` and ``post``; what
``post`` gives back as values is saved by the verbs of ``content``. Forms never touch the tree. Must not import portal or api.
"""
from __future__ import annotations
