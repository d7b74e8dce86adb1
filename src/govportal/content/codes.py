"""Codes of items (RA1.5–RA1.7): basic codes allocated by the system, item codes made from organisation, level and basic code.

Owns the two lengths, what is taken and what comes next. A code is found by reading (``next_basic``) and taken when its document is published
(``take``), in the same transaction; two writers who found the same one meet in the same key, so that the second is tried again and finds the
next. What was ever taken stays taken, also when the item is cancelled. CodeError says in Chinese why there is no code.
"""
from __future__ import annotations

from typing import Any

from BTrees.OOBTree import OOBTree

from ..base.identifiers import IdentifierError, check_uscc, parse_basic_code, parse_item_code
from ..workflow.reasons import Reason
from .model import Document
from .vocabularies import vocabulary

LONG, SHORT = "12", "10"              # profiles: 2 digits of the region before the 10 of the guide, or those alone
MARK = "BASIC:"                       # before a basic code in ``site.codes``: it may look like another kind of code
HOME_REGION = "99"                    # of the demo site; a site sets ``code_region``
TYPED = "由系统生成，不能手工填写或改动，请留空或保持原样"


class CodeError(ValueError):
    """Why there is no code, for people."""


def profile(site: Any) -> str:
    """12 or 10 digits: the site's setting ``code_profile``."""
    return SHORT if str(site.settings.get("code_profile") or LONG) == SHORT else LONG


def region_digits(site: Any) -> str:
    """The two digits before a long code: the setting ``code_region`` (国家 00)."""
    digits = str(site.settings.get("code_region") or HOME_REGION)
    return digits if digits.isascii() and digits.isdigit() and len(digits) == 2 else HOME_REGION


def _key(code: str) -> str:
    """Codes of one length stand together, in order."""
    return f"{len(code):02}:{code}"


def _taken(site: Any) -> OOBTree:
    """Key of a basic code -> uid, in order. A site older than this index has it made from all its codes."""
    if site.numbers is not None:
        return site.numbers
    found = OOBTree({"": ""})
    found.update({_key(code.removeprefix(MARK)): uid for code, uid in site.codes.items() if code.startswith(MARK)})
    return found


def take(site: Any, uid: str, codes: Any) -> None:
    """Mark the basic codes among ``codes`` as taken by the document, for ever. Called when an edition goes live or is scheduled."""
    basic = [code.removeprefix(MARK) for code in codes if code.startswith(MARK)]
    if not basic:
        return
    if site.numbers is None:
        site.numbers = _taken(site)
    for key in map(_key, basic):
        if site.numbers.get(key) != uid:
            site.numbers[key] = uid


def holder(site: Any, code: str) -> str:
    """The uid of the document that has or had a code of ``kind.codes``; '' for a free one."""
    found = site.codes.get(code)
    if found is None and site.numbers is not None and code.startswith(MARK):
        found = site.numbers.get(_key(code.removeprefix(MARK)))
    return found or ""


def type_digits(type: str) -> str:
    """01 for 行政许可. CodeError for no type."""
    term = vocabulary("item-types").by_label(type)
    if term is None or len(term.code) != 2:
        raise CodeError("先选事项类型，编码里有它的代码")
    return term.code


def next_basic(site: Any, type: str, *, main_code: str = "") -> str:
    """The next free basic code of a type: of a 主项, or with the code of its 主项 of a 子项. CodeError when there is none."""
    digits = type_digits(type)
    if main_code:
        return _next_sub(site, digits, main_code)
    prefix = (region_digits(site) if profile(site) == LONG else "") + digits
    number = _last(site, prefix, len(prefix) + 8) // 1000 + 1
    while number < 100_000 and holder(site, f"{MARK}{prefix}{number:05}000"):
        number += 1
    if number >= 100_000:
        raise CodeError(f"“{type}”的主项编码已用完（00001 至 99999）")
    return f"{prefix}{number:05}000"


def _next_sub(site: Any, digits: str, main_code: str) -> str:
    try:
        _, of_main, _, sub = parse_basic_code(main_code)
    except IdentifierError as exc:
        raise CodeError(f"主项的编码 {main_code[:20]} 写得不对（{exc}），请先更正主项") from None
    if sub != "000":
        raise CodeError("所选的主项自己是子项，子项下面不能再有子项")
    if of_main != digits:
        raise CodeError("子项的类型要和主项相同，编码里有类型的代码")
    prefix = main_code[:-3]
    number = _last(site, prefix, len(main_code)) + 1
    while number < 1000 and holder(site, f"{MARK}{prefix}{number:03}"):
        number += 1
    if number >= 1000:
        raise CodeError("这个主项的子项编码已用完（001 至 999）")
    return f"{prefix}{number:03}"


def _last(site: Any, prefix: str, length: int) -> int:
    """The number behind the prefix in the highest taken code of this length; 0 when there is none."""
    key = str(_taken(site).maxKey(f"{length:02}:{prefix}~"))          # '~' comes after the digits; the empty key is always there
    return int(key[3 + len(prefix):]) if key.startswith(f"{length:02}:{prefix}") else 0


def subs_of(site: Any, main_code: str) -> list[str]:
    """uids of the 子项 whose codes begin as the 主项's does, cancelled ones included."""
    if len(main_code) not in (10, 12) or not main_code.endswith("000"):
        return []
    prefix = main_code[:-3]
    return list(_taken(site).values(min=_key(prefix + "001"), max=_key(prefix + "999")))


def item_code(site: Any, basic: str, org: str, level: str, region: str = "") -> str:
    """The code of an implementation item: credit code 18 + level 1 + basic code 12, or with short codes basic 10 + region 6 + body 8.

    CodeError says what it lacks: a valid credit code, a level, a basic code of this site's length."""
    uscc = (site.shared_values("organisations", org) or {}).get("uscc") or ""
    term = vocabulary("levels").by_label(level)
    if not basic:
        raise CodeError("目录清单还没有基本编码")
    try:
        uscc = check_uscc(uscc)
    except IdentifierError as exc:
        raise CodeError(f"实施机构的统一社会信用代码不对：{exc}" if uscc else "实施机构还没有统一社会信用代码") from None
    if term is None:
        raise CodeError("先选行使层级，编码里有它的代码")
    if len(basic) == 12:
        return uscc + term.code + basic
    if len(basic) != 10:
        raise CodeError(f"基本编码 {basic[:20]} 不是 10 位或 12 位")
    return basic + (region or uscc[2:8])[:6].ljust(6, "0") + uscc[8:16]


def _present(document: Document | None, name: str) -> str:
    newest = None if document is None else document.draft or document.live or (document.scheduled or tuple(document.superseded[:1]) or (None,))[0]
    return "" if newest is None else newest.values.get(name) or ""


def typed_reasons(document: Document | None, kind: str, values: dict[str, Any]) -> list[Reason]:
    """Codes that somebody wrote by hand into an own item; what was taken over from elsewhere keeps the codes it has there."""
    name, title = {"DirectoryItem": ("basic_code", "基本编码"), "ImplementationItem": ("code", "实施编码")}.get(kind, ("", ""))
    given = values.get(name) or ""
    if not name or not given or (values.get("register") or {}).get("source") or given == _present(document, name):
        return []
    return [Reason(title, TYPED, "RA1.7")]


def for_publication(site: Any, document: Document, values: dict[str, Any]) -> dict[str, Any]:
    """Elements that these values get when they are published: the codes they still lack. Reads only; {} when nothing is to be set."""
    if (values.get("register") or {}).get("source"):
        return {}
    if document.kind == "DirectoryItem":
        return _directory_code(site, document, values)
    return _implementation_code(site, document, values) if document.kind == "ImplementationItem" else {}


def _directory_code(site: Any, document: Document, values: dict[str, Any]) -> dict[str, Any]:
    """A basic code where there is none, or another one where the type has changed; the former stays taken."""
    code = values.get("basic_code") or ""
    try:
        digits = type_digits(values.get("type") or "")
        if code and (len(code) not in (10, 12) or code[-10:-8] == digits):
            return {}
        return {"basic_code": next_basic(site, values["type"], main_code=_main_code(site, values.get("main") or ""))}
    except CodeError:
        return {}


def _main_code(site: Any, main: str) -> str:
    """The code of the 主项 of this name; '' when none of the site's own items has it (looked for only when a 子项 gets its code)."""
    if not main:
        return ""
    for key, uid in _taken(site).items():
        document = site.document(uid) if key.endswith("000") else None
        if document is not None and document.live is not None and document.live.head.get("name") == main:
            return key[3:]
    return ""


def _implementation_code(site: Any, document: Document, values: dict[str, Any]) -> dict[str, Any]:
    """The code where it can be made. When the body or the level changes the item gets another one and keeps the former as an alias."""
    parent = document.__parent__
    if not isinstance(parent, Document) or parent.live is None:
        return {}
    basic, present = parent.live.head.get("basic_code") or "", (values.get("code") or "").strip().upper()
    try:
        wanted = item_code(site, basic, values.get("org") or "", values.get("level") or "", values.get("region") or "")
    except CodeError:
        return {}
    if present == wanted or (present and not _made_from(present, basic)):
        return {}
    aliases = tuple(dict.fromkeys((*values.get("aliases", ()), present))) if present else values.get("aliases", ())
    return {"code": wanted, "aliases": tuple(alias for alias in aliases if alias != wanted)}


def _made_from(code: str, basic: str) -> bool:
    """Whether we made a code from this basic code: then another body or level makes another; a code from elsewhere stays."""
    try:
        found = parse_item_code(code)
    except IdentifierError:
        return False
    return found.profile in ("31", "24") and found.basic == basic
