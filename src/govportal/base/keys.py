"""The installation's secret: one file of 32 random bytes, from which a key for each purpose is derived (HKDF-SHA256).

Owns making and reading it. The file is readable by its owner only and lies outside the database, so that a copy of the
database gives away neither sessions nor second factors. SecretError with one Chinese line when it cannot be used.
"""
from __future__ import annotations

import secrets
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .files import write_private

SIZE = 32


class SecretError(Exception):
    """The secret cannot be read or made; one clear Chinese line."""


class Keys:
    """Keys for purposes, derived from one secret of at least 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < SIZE:
            raise SecretError(f"密钥至少要 {SIZE} 个字节")
        self._secret = secret
        self._derived: dict[str, bytes] = {}      # asked for with every request of the desk

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose, such as ``session`` or ``totp``; the same each time."""
        found = self._derived.get(purpose)
        if found is None:
            found = self._derived[purpose] = HKDF(SHA256(), SIZE, None, purpose.encode()).derive(self._secret)
        return found


def load_keys(path: Path, given: str = "") -> Keys:
    """The Keys of an installation: ``given`` (hex, from the environment) or the file, made with mode 0600 when it is not there."""
    if given:
        try:
            return Keys(bytes.fromhex(given))
        except ValueError:
            raise SecretError("设置 govportal.secret 应为至少 64 个十六进制字符") from None
    try:
        if not path.exists():
            write_private(path, secrets.token_bytes(SIZE))
        secret = path.read_bytes()
    except OSError as exc:
        raise SecretError(f"密钥文件 {path} 不能读写：{exc.strerror}") from None
    return Keys(secret)
