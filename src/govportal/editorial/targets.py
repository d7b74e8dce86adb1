"""What a list can be imported as: kinds with their elements and the columns beside them (address, parent, id, edition), and the register.

Owns how a column name is recognised, where a new document goes and how rows of the register are read. Must not write. A row that has no place
raises ValueError with a Chinese line.
"""
from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from ..content import importer
from ..content.kinds import kind_of
from ..content.model import Document, Folder
from ..content.rowreader import Column, Mapping
from ..content.site import Site
from ..content.vocabularies import region_names, vocabulary
from .cells import Element, elements
from .tables import plain

REGISTER = "registered-item"
UID, VERSION, SLUG, PARENT = "@uid", "@version", "@slug", "@parent"
KINDS = ("ImplementationItem", "HandlingItem", "Guide", "DirectoryItem", "Question", "NewsArticle", "Page", "Organisation", "Place", "Material", "Law")
_BESIDE = {UID: "内容编号", VERSION: "版本", SLUG: "标识（地址）", PARENT: "上级（编码、编号或地址）"}
# Column names that people use for an element, beside its title.
ALIASES: dict[str, tuple[str, ...]] = {
    "name": ("名称", "事项名称", "机构名称", "地点名称", "材料名称", "单位名称", "子项名称"), "title": ("标题", "题目", "名称", "法规名称"),
    "code": ("编码", "实施编码", "事项编码", "机构代码"), "basic_code": ("基本编码", "目录编码"), "org": ("实施机构", "实施主体", "部门", "单位", "管理机构"),
    "region": ("区划", "行政区划", "区划代码"), "consult_phone": ("咨询电话", "联系电话"), "supervise_phone": ("监督电话", "投诉电话", "监督投诉电话"),
    "phone": ("电话", "联系电话"), "legal_limit.days": ("法定时限", "法定办结时限", "法定期限"), "promise_limit.days": ("承诺时限", "承诺办结时限", "承诺期限"),
    "address": ("地址", "办公地址", "详细地址"), "type": ("类型", "事项类型"), "question": ("问题", "问题内容"), "answer": ("答复", "答案", "答复内容"),
    "main": ("主项", "主项名称", "所属主项"), "fee.charged": ("是否收费", "收费"), "on_site_visits": ("跑动次数", "到现场次数"),
    SLUG: ("标识", "地址标识", "网址名"), PARENT: ("上级", "上级事项", "目录清单", "所属事项"), UID: ("内容编号", "编号"), VERSION: ("版本",)}
# Fields of a row of the register (content/importer): how each is read and the code table it must fit.
_REGISTER: dict[str, tuple[str, str, bool, str]] = {
    "name": ("事项名称", "text", True, ""), "parent_name": ("主项名称", "text", False, ""), "type": ("事项类型", "text", True, "item-types"),
    "code": ("编码", "text", True, ""), "basic_code": ("基本编码", "text", False, ""), "department": ("部门", "text", True, ""),
    "department_code": ("机构代码", "text", False, ""), "region": ("区划代码", "text", True, ""), "region_name": ("区划名称", "text", False, ""),
    "level": ("行使层级", "text", False, "levels"), "legal_days": ("法定时限", "int", False, ""), "promise_days": ("承诺时限", "int", False, ""),
    "on_site_visits": ("到现场次数", "int", False, ""), "conditions": ("受理条件", "text", False, ""), "material_names": ("申请材料", "list", False, ""),
    "service_objects": ("服务对象", "list", False, "service-objects"), "short_name": ("事项简称", "text", False, ""),
    "plain_names": ("日常用语", "list", False, ""), "courier": ("物流快递", "bool", False, ""), "online": ("网上办理", "bool", False, ""),
    "co_departments": ("联办机构", "list", False, ""), "source_id": ("来源标识", "text", False, "")}


@cache
def titles() -> dict[str, str]:
    """Target -> its title. Read when asked: schemas must not load before the operator's own code tables are in force."""
    return {**{name: kind_of(name).title for name in KINDS}, REGISTER: "外来事项清单（登记，标“指南整理中”）"}


@cache
def fields(target: str) -> tuple[Element, ...]:
    """What the columns of a list can be for this target. LookupError for an unknown target."""
    if target == REGISTER:
        return tuple(Element((name,), title, {"int": "number", "bool": "flag", "list": "texts"}.get(form, "text"), required=required)
                     for name, (title, form, required, _) in _REGISTER.items())
    if target not in KINDS:
        raise LookupError(f"不能导入为“{target[:40]}”")
    beside = (UID, VERSION, SLUG, *((PARENT,) if _under(target) else ()))
    return (*(Element((key,), _BESIDE[key], "text") for key in beside), *elements(target))


def field_of(target: str, key: str) -> Element | None:
    return next((one for one in fields(target) if one.key == key), None)


def registers(target: str) -> bool:
    """Whether documents of this target can be marked with the source they were taken over from."""
    return target != REGISTER and any(node.name == "register" for node in kind_of(target).schema.children)


def _under(kind: str) -> bool:
    return kind in ("ImplementationItem", "HandlingItem", "Guide")


def names(target: str) -> dict[str, str]:
    """plain column name → key of the element it means; a title wins over an alias."""
    found: dict[str, str] = {}
    for one in fields(target):
        for alias in ALIASES.get(one.key, ()):
            found.setdefault(plain(alias), one.key)
    for one in fields(target):
        found[plain(one.title)] = one.key
    return found


def known_names() -> frozenset[str]:
    """All column names that are understood, to find the header of a file."""
    return frozenset(name for target in titles() for name in names(target))


def propose(target: str, titles: Iterable[str], remembered: dict[str, str]) -> dict[int, str]:
    """column number → key; what was chosen last for the same header comes first, then titles and aliases. A key is given once."""
    wanted = names(target)
    found: dict[int, str] = {}
    valid = {one.key for one in fields(target)}
    for number, title in enumerate(titles):
        key = remembered.get(title) if title in remembered else wanted.get(plain(title))
        if key in valid and key not in found.values():
            found[number] = key
    return found


def place_for(site: Site, kind: str, values: dict[str, Any], parent: str) -> Folder:
    """Where a new document of this kind goes. ValueError says what is missing."""
    home = kind_of(kind).home
    if home == "Channel":
        channel = site["news"].get(values.get("channel") or "")
        if channel is None:
            raise ValueError(f"没有标识为“{str(values.get('channel'))[:40]}”的栏目")
        return channel
    if home.startswith("/"):
        return site.at(home)
    if not parent:
        raise ValueError(f"要写明在哪个{kind_of(home).title}之下（编码、编号或地址）")
    found = site.document(parent) or site.by_code(parent) or site.by_code("BASIC:" + parent) or (site.at(parent) if "/" in parent else None)
    if not isinstance(found, Document) or found.kind != home:
        raise ValueError(f"没有“{parent[:60]}”这个{kind_of(home).title}：请填它的编码、编号或地址")
    return found


def slug_for(kind: str, values: dict[str, Any], parent: str) -> str:
    """An address for a new document that gave none: the same for the same code or heading."""
    if kind == "Guide":
        return "guide"
    code = next(iter(kind_of(kind).codes(values)), "")
    return importer.segment(f"{kind}/{code or parent + '/' + kind_of(kind).heading(values) + '/' + str(values.get('org') or '')}")


def register_mapping(columns: dict[int, str], titles: tuple[str, ...], source: dict[str, str]) -> Mapping:
    """The mapping of ``rowreader`` for rows of the register; columns are named by their number."""
    found = []
    for number, key in columns.items():
        _, form, required, table = _REGISTER[key]
        found.append(Column(key, str(number), required, form, frozenset(vocabulary(table).labels) if table else None, None,
                            importer.LIST_MARKS if form == "list" else None))
    return Mapping("csv", REGISTER, source, {}, tuple(found), frozenset(str(number) for number in range(len(titles))))


def complete_register(record: dict[str, Any]) -> None:
    """What a row need not give: names of the region, its own id."""
    record["region_name"] = record.get("region_name") or region_names().get(record.get("region") or "", "")
    record["source_id"] = record.get("source_id") or record["code"]
