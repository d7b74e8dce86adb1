"""Identifiers of the field: credit codes, ID numbers, item codes (conventions M5–M8, RA1.5–RA1.7).

Pure functions over text. A wrong identifier raises IdentifierError with a Chinese reason that names the wrong part;
nothing here says whether a number was ever issued.
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date


class IdentifierError(ValueError):
    """What is wrong with an identifier, for people."""


_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORG = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def org_check(first8: str) -> str:
    """Check character of an organisation code (GB 11714) from its first eight characters."""
    rest = 11 - sum(_ORG.index(char) * weight for char, weight in zip(first8, _ORG_WEIGHTS, strict=True)) % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


def uscc_check(first17: str) -> str:
    """Check character of a unified social credit code (GB 32100) from its first 17 characters."""
    return _USCC[-sum(_USCC.index(char) * weight for char, weight in zip(first17, _USCC_WEIGHTS, strict=True)) % 31]


def make_uscc(prefix8: str, org8: str) -> str:
    """A credit code with both check characters right, for fictitious bodies."""
    first17 = prefix8 + org8 + org_check(org8)
    return first17 + uscc_check(first17)


def check_uscc(code: str) -> str:
    """The credit code in upper case. IdentifierError names the wrong part."""
    code = code.strip().upper()
    if len(code) != 18:
        raise IdentifierError(f"统一社会信用代码应为 18 位，现在是 {len(code)} 位")
    wrong = [char for char in code if char not in _USCC]
    if wrong:
        raise IdentifierError(f"统一社会信用代码里不会有“{wrong[0]}”")
    if not code[2:8].isdigit():
        raise IdentifierError("统一社会信用代码第 3 至 8 位应为行政区划数字")
    if org_check(code[8:16]) != code[16]:
        raise IdentifierError("统一社会信用代码里的组织机构代码校验位不对，请核对第 9 至 17 位")
    if uscc_check(code[:17]) != code[17]:
        raise IdentifierError("统一社会信用代码最后一位校验不对，请逐位核对")
    return code


@dataclass(frozen=True)
class ResidentId:
    number: str
    region: str
    born: date
    male: bool
    kind: str        # 居民身份证, 港澳台居民居住证, 外国人永久居留身份证


def check_resident_id(number: str, today: date | None = None) -> ResidentId:
    """GB 11643; also 81/82/83 (港澳台居民居住证) and 9… (外国人永久居留身份证). IdentifierError names the wrong part."""
    number = number.strip().upper()
    if len(number) != 18:
        raise IdentifierError(f"证件号码应为 18 位，现在是 {len(number)} 位")
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number, re.ASCII):
        raise IdentifierError("证件号码前 17 位应为数字，最后一位为数字或 X")
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise IdentifierError("证件号码里的出生日期不存在，请核对第 7 至 14 位") from None
    if born > (today or date.today()):
        raise IdentifierError("证件号码里的出生日期还没有到，请核对第 7 至 14 位")
    total = sum(int(char) * weight for char, weight in zip(number[:17], _ID_WEIGHTS, strict=True))
    if "10X98765432"[total % 11] != number[17]:
        raise IdentifierError("证件号码最后一位校验不对，请逐位核对")
    kind = "港澳台居民居住证" if number[:2] in ("81", "82", "83") else "外国人永久居留身份证" if number[0] == "9" else "居民身份证"
    return ResidentId(number, number[:6], born, int(number[16]) % 2 == 1, kind)


def read_old_id(number: str) -> str:
    """The 18-digit form of an old 15-digit number (reading only). IdentifierError when it is not one."""
    if not re.fullmatch(r"[0-9]{15}", number.strip(), re.ASCII):
        raise IdentifierError("旧证件号码应为 15 位数字")
    first17 = number.strip()[:6] + "19" + number.strip()[6:]
    total = sum(int(char) * weight for char, weight in zip(first17, _ID_WEIGHTS, strict=True))
    return check_resident_id(first17 + "10X98765432"[total % 11]).number


def check_mobile(number: str) -> str:
    """A mainland mobile number, 11 digits. IdentifierError otherwise."""
    digits = re.sub(r"[\s-]", "", number)
    if not re.fullmatch(r"1[3-9][0-9]{9}", digits, re.ASCII):
        raise IdentifierError("手机号码应为 1 开头的 11 位数字")
    return digits


def parse_basic_code(code: str) -> tuple[str, str, str, str]:
    """(region or '', type 2, main 5, sub 3) of a 10- or 12-digit 基本编码 (RA1.5, RA1.6)."""
    code = code.strip()
    if len(code) not in (10, 12):
        raise IdentifierError(f"基本编码应为 10 位或 12 位，现在是 {len(code)} 位")
    if not code.isascii() or not code.isdigit():
        raise IdentifierError("基本编码应全为数字")
    tail = code[-10:]
    return code[:-10], tail[:2], tail[2:7], tail[7:]


@dataclass(frozen=True)
class ItemCode:
    """Parts of a code. ``profile``: 31 (GB/T 39554.1), 33 (with 业务办理项), 24 (the guide's own), county (hyphen form)."""

    code: str
    profile: str
    uscc: str = ""
    level: str = ""
    basic: str = ""
    handling: str = ""
    region: str = ""


_COUNTY = re.compile(r"(?P<basic>[0-9A-Z-]+?)-(?P<region>[0-9]{12})-(?P<sub>[0-9]{3})-(?P<org>[0-9A-Z-]{7,20}?)-(?P<level>[0-9])-(?P<tail>[0-9]{2,3})", re.ASCII)


def parse_item_code(code: str, *, strict: bool = True) -> ItemCode:
    """Take an item code apart (RA1.5–RA1.7). ``strict`` also proves the check characters; registers of others are read loosely.

    IdentifierError names the wrong part: length, characters, credit code, type digits.
    """
    code = code.strip().upper()
    if "-" in code:
        found = _COUNTY.fullmatch(code)
        if not found and not strict and re.fullmatch(r"[0-9A-Z]+(-[0-9A-Z]+){2,}", code, re.ASCII):
            return ItemCode(code, "county")
        if not found:
            raise IdentifierError("带连字符的事项编码应为“编码-12 位区划-3 位-机构代码-层级-序号”")
        return ItemCode(code, "county", found["org"], found["level"], found["basic"], found["tail"], found["region"][:6])
    if not re.fullmatch(r"[0-9A-Z]+", code, re.ASCII):
        raise IdentifierError("事项编码只能有数字和大写字母")
    if len(code) in (31, 33):
        uscc, level, basic, handling = code[:18], code[18], code[19:31], code[31:]
        if strict:
            check_uscc(uscc)
        if level not in "1234567":
            raise IdentifierError("事项编码第 19 位是行使层级，应为 1 至 7")
        if not basic.isdigit() or (handling and not handling.isalnum()):
            raise IdentifierError("事项编码第 20 至 31 位是基本编码，应全为数字")
        return ItemCode(code, str(len(code)), uscc, level, basic, handling, uscc[2:8])
    if 11 <= len(code) <= 24:
        if not code[:10].isdigit():
            raise IdentifierError("实施编码前 10 位是基本编码，应全为数字")
        return ItemCode(code, "24", basic=code[:10], region=code[10:16])
    raise IdentifierError(f"事项编码的长度 {len(code)} 不对：应为 31 位、33 位、不超过 24 位，或带连字符的县级编码")


def mask_id(number: str) -> str:
    """``110105********002X`` (L9)."""
    return number[:6] + "*" * max(0, len(number) - 10) + number[-4:] if len(number) > 10 else "*" * len(number)


def mask_phone(number: str) -> str:
    """``138****0000``."""
    return number[:3] + "****" + number[-4:] if len(number) >= 11 else "*" * len(number)


_TWO = ("欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "夏侯", "司徒")


def mask_name(name: str) -> str:
    """``张*``, ``欧阳*``."""
    keep = 2 if name[:2] in _TWO and len(name) > 2 else 1
    return name[:keep] + "*" * max(1, len(name) - keep) if name else ""
