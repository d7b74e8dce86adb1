"""The staff face under ``/desk``: editors, reviewers, administrators.

Owns its pages, forms and frame. Every page is declared with ``add_desk_page`` and a permission, every post carries a token;
nothing here writes the tree except through the verbs of ``content``, ``people``, ``editorial`` and ``oversight``.
"""
from __future__ import annotations

from typing import Any

PARTS = ("security", "shell", "signin", "account",      # the frame
         "forms.picks", "files",                        # what forms ask for
         "home", "content",                             # what waits, and what there is
         "documents", "making", "editing", "keeping", "cases",   # one document: its page, its form, its 情形
         "preview", "review", "history", "actions", "overrides",   # one document: seen, decided, looked back at
         "bulk", "jobs", "imports", "exports", "replace",   # many at once, in the background
         "shared",                                      # what is written once and used by many
         "lists", "requests", "listimport", "reviewrules",     # the directory list, its changes, review rules
         "quality",                                     # what is wrong with it
         "searchops",                                   # how it is found
         "site", "staff", "audit",                      # people and what they did
         "tasks")                                       # what changes ask of departments; what lies with a person (after "staff")


def includeme(config: Any) -> None:
    for name in PARTS:
        config.include(f"govportal.desk.{name}")
