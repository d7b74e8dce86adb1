"""Writing a small file that must be whole and private: a secret, a list of accounts.

Owns that form: a temporary file beside it (mode 0600), on disk, then the name. A kill at any moment leaves the old state or the new one.
OSError as the system gives it.
"""
from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_private(path: Path, data: bytes, *, replace: bool = False) -> bool:
    """Write ``data`` to ``path``, readable by its owner only. False, and nothing changed, when it exists and ``replace`` is not set."""
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(6)}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if replace:
            os.replace(temporary, path)
        elif not _name(temporary, path):
            return False
        _sync(path.parent)
        return True
    finally:
        temporary.unlink(missing_ok=True)


def _name(temporary: Path, path: Path) -> bool:
    """Give the file its name unless somebody was quicker."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError:               # a file system without hard links
        if path.exists():
            return False
        os.rename(temporary, path)
    return True


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
