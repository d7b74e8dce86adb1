"""The second factor: time codes (TOTP, RFC 6238) and ten recovery codes.

Owns checking and keeping them on ``Credentials``. The secret is encrypted (AES-GCM, key ``totp``, bound to the account); each code works once, also
within its half minute; a recovery code is kept as a digest and works once. Nothing is raised for wrong codes.
"""
from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from datetime import datetime

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..base.keys import Keys
from .staff import Credentials, Staff

ISSUER = "政务服务门户"
STEP = 30
DRIFT = 1                # steps a phone's clock may be before or behind
RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    return pyotp.random_base32()


def address_of(secret: str, username: str, issuer: str = ISSUER) -> str:
    """The ``otpauth://`` address that the phone's app reads from a QR picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=issuer)


def encrypt(keys: Keys, uid: str, secret: str) -> bytes:
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(keys.derive("totp")).encrypt(nonce, secret.encode(), uid.encode())


def decrypt(keys: Keys, uid: str, stored: bytes) -> str:
    """'' when it cannot be decrypted: another installation's secret file, or a changed record. Then no time code is right."""
    try:
        return AESGCM(keys.derive("totp")).decrypt(stored[:12], stored[12:], uid.encode()).decode()
    except (InvalidTag, ValueError):
        return ""


def step_of(secret: str, code: str, now: datetime, *, after: int = 0) -> int | None:
    """The time step that a code belongs to, one step of drift allowed; None when it is wrong or its step is not later than ``after`` (used)."""
    code = _tidy(code)
    if not secret or not re.fullmatch(r"[0-9]{6}", code, re.ASCII):
        return None
    totp, present = pyotp.TOTP(secret), int(now.timestamp()) // STEP
    for step in range(present - DRIFT, present + DRIFT + 1):
        if step > after and hmac.compare_digest(totp.at(step * STEP), code):
            return step
    return None


def use(staff: Staff, keys: Keys, code: str, now: datetime) -> str:
    """Use up a code of this person: ``totp`` or ``recovery``, '' when it is wrong or was used before."""
    credentials = staff.credentials
    if not credentials.totp:
        return ""
    step = step_of(decrypt(keys, staff.uid, credentials.totp), code, now, after=credentials.totp_step)
    if step is not None:
        credentials.totp_step = step
        return "totp"
    digest = _digest(keys, staff.uid, code)
    if digest in credentials.recovery:
        credentials.recovery = tuple(kept for kept in credentials.recovery if kept != digest)
        return "recovery"
    return ""


def enrol(staff: Staff, keys: Keys, secret: str, *, step: int = 0) -> None:
    """Keep a secret as this person's; ``step``: the one that proved it, used from now on."""
    staff.credentials.totp, staff.credentials.totp_step = encrypt(keys, staff.uid, secret), step


def new_recovery(staff: Staff, keys: Keys) -> list[str]:
    """Ten new recovery codes, shown once; the old ones are void."""
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(5)) + "-" + "".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(RECOVERY_CODES)]
    staff.credentials.recovery = tuple(_digest(keys, staff.uid, code) for code in codes)
    return codes


def drop(credentials: Credentials) -> None:
    """No second factor any more: the next sign-in must enrol."""
    credentials.totp, credentials.totp_step, credentials.recovery = b"", 0, ()


def _digest(keys: Keys, uid: str, code: str) -> str:
    return hmac.new(keys.derive("recovery"), f"{uid} {_tidy(code)}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def _tidy(code: str) -> str:
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", code)).casefold()[:40]
