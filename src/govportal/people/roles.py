"""The eight roles of staff: names, Chinese titles, what they are for, and which of them exclude each other (K8).

Owns that table; other rooms use the plain names. Pure data and functions over names.
"""
from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Role(NamedTuple):
    """``deputised``: a deputy may act in it. ``apart``: nobody holds it together with another such role (K8)."""

    name: str
    title: str
    explains: str
    deputised: bool = False
    apart: bool = False


ROLES = {role.name: role for role in (
    Role("editor", "编辑", "起草和修改本部门的事项、指南、资讯和问答，送审", deputised=True),
    Role("reviewer", "审核", "审核送来的稿件，退回时写明意见", deputised=True),
    Role("legality", "法制·编制审查", "审查事项的依据、效力和编制职责", deputised=True),
    Role("signer", "签发", "签发通过审核的稿件，自己写的不能自己签发", deputised=True),
    Role("directory", "目录管理", "管理事项目录清单：新增、变更、拆分、合并、停用、取消", deputised=True),
    Role("site", "站点管理", "管理站点设置、检索词表；紧急发布要第二人在 24 小时内确认", apart=True),
    Role("security", "安全管理", "管理工作人员账号、角色授权、登录规则", apart=True),
    Role("auditor", "审计", "只读：查看审计记录和全部内容，不能改任何东西", apart=True))}


def title_of(name: str) -> str:
    """The Chinese title of a role; the name itself when it is none of ours."""
    return ROLES[name].title if name in ROLES else name


def named(text: str) -> str:
    """The name of a role given by name or by title. LookupError lists the roles there are."""
    text = text.strip()
    for role in ROLES.values():
        if text in (role.name, role.title):
            return role.name
    raise LookupError(f"没有角色“{text[:20]}”，可用的有：{'、'.join(f'{role.name}（{role.title}）' for role in ROLES.values())}")


def clash(held: Iterable[str], wanted: str) -> str:
    """Why ``wanted`` cannot be held together with the roles ``held`` (K8), in Chinese; '' when it can."""
    others = set(held) - {wanted}
    for other in sorted(others, key=list(ROLES).index):
        if "auditor" in (wanted, other):
            return f"审计人员只看不改，不能同时担任别的角色，现在是“{title_of(other)}”" if wanted == "auditor" else f"这个人担任“审计”，不能再担任“{title_of(wanted)}”"
        if ROLES[wanted].apart and ROLES[other].apart:
            return f"“{title_of(wanted)}”和“{title_of(other)}”不能由同一个人担任，请授给另一个人"
    return ""
