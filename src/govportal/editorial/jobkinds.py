"""The kinds of background jobs that the worker carries out; a new kind is one more line here."""
from __future__ import annotations

from . import bulk, exports, importjobs, replace
from .jobs import JobKind

KINDS: tuple[JobKind, ...] = (bulk.KIND, exports.KIND, importjobs.CHECK_KIND, importjobs.ENTER_KIND, replace.KIND)
