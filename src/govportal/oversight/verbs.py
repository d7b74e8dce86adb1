"""What people decide about findings: ask for a run, name who mends one, set a limit, keep the word list. Each is audited.

A verb first collects human reasons (``Refused``), then changes, then audits, in the caller's transaction.
"""
from __future__ import annotations

from collections.abc import Iterable

from ..base import clock
from ..base.audit import Audit
from ..content.publish import Reason, Refused
from ..workflow.actors import Actor, Scope
from . import queries
from .findings import key_from
from .limits import LIMITS
from .store import Oversight
from .words import shipped_words

MENDERS = ("editor", "reviewer", "directory")
NOTE = 500
WORD = 20


def request_run(oversight: Oversight, audit: Audit, actor: Actor) -> bool:
    """Ask the worker for a run now; False when one is waiting or going on already."""
    state = queries.status(oversight)
    if state.asked or state.running:
        return False
    oversight.asked.value = (clock.now(), actor.id)
    audit.record("quality.run", actor=actor.id)
    return True


def assign(oversight: Oversight, audit: Audit, keys: Iterable[str], actor: Actor, *, owner: str, note: str = "") -> int:
    """Say who mends these findings (staff uid, '' = nobody yet) and a note. Needs a role in the finding's department; Refused names what is wrong.

    Returns how many were assigned."""
    reasons, chosen = [], []
    if len(note) > NOTE:
        reasons.append(Reason("说明", f"最多 {NOTE} 个字，请缩短"))
    for key in dict.fromkeys(keys):
        number = key_from(key)
        finding = queries.find(oversight, number) if number is not None else None
        if number is None or finding is None:
            reasons.append(Reason("问题", "选中的问题已经不在了，可能刚改好，请刷新页面再选"))
        elif not any(actor.holds(role, Scope(finding.path, finding.org, finding.region)) for role in MENDERS):
            reasons.append(Reason("问题", f"“{finding.title[:40]}”不归您的部门，请由它的部门指定"))
        else:
            chosen.append((number, finding))
    if not chosen and not reasons:
        reasons.append(Reason("问题", "没有选中任何问题"))
    if reasons:
        raise Refused(*dict.fromkeys(reasons))
    for number, finding in chosen:
        oversight.owners[number] = (owner, note.strip(), actor.id, clock.now())
        audit.record("quality.assign", actor=actor.id, target=finding.uid, before=finding.owner or None, after=owner or None)
    return len(chosen)


def set_limit(oversight: Oversight, audit: Audit, actor: Actor, name: str, value: int | None) -> None:
    """Change a limit of the 自查; None = the national value again. Needs the site role."""
    limit = LIMITS.get(name)
    if not actor.holds("site", Scope()):
        raise Refused(Reason("", "只有站点管理人员可以改限值"))
    if limit is None:
        raise Refused(Reason("限值", "没有这个限值"))
    if value is not None and not limit.low <= value <= limit.high:
        raise Refused(Reason(limit.title, f"应在 {limit.low} 与 {limit.high} 之间"))
    before = oversight.limits.get(name)
    if value is None or value == limit.default:
        oversight.limits.pop(name, None)
    else:
        oversight.limits[name] = value
    audit.record("quality.limit", actor=actor.id, target=name, before=before, after=value)


def save_word(oversight: Oversight, audit: Audit, actor: Actor, *, wrong: str, right: str, reason: str, source: str) -> None:
    """Put a word on the office's list, or change it; ``right`` '' = do not use. Needs the site role. In force at the next check."""
    wrong, right, reason, source = (text.strip() for text in (wrong, right, reason, source))
    reasons = []
    if not actor.holds("site", Scope()):
        reasons.append(Reason("", "只有站点管理人员可以改用词表"))
    if not 2 <= len(wrong) <= WORD:
        reasons.append(Reason("不规范写法", f"要有 2 到 {WORD} 个字，太短会误报"))
    if len(right) > WORD:
        reasons.append(Reason("规范写法", f"最多 {WORD} 个字"))
    if wrong and wrong == right:
        reasons.append(Reason("规范写法", "和不规范写法一样，请检查"))
    elif wrong and wrong in right:
        reasons.append(Reason("规范写法", f"“{right}”里含有“{wrong}”，写对的也会被报错，请把不规范写法写得更完整"))
    if not reason or len(reason) > NOTE:
        reasons.append(Reason("理由", f"请写明为什么（最多 {NOTE} 个字），编辑会看到它"))
    if not source or len(source) > NOTE:
        reasons.append(Reason("依据", "请写明依据，例如文件名或词典"))
    if reasons:
        raise Refused(*reasons)
    before = oversight.words.get(wrong)
    oversight.words[wrong] = {"right": right, "reason": reason, "source": source, "by": actor.id, "at": clock.now(), "off": False}
    audit.record("quality.word", actor=actor.id, target=wrong, before=str(before) if before else None, after=right or None)


def drop_word(oversight: Oversight, audit: Audit, actor: Actor, wrong: str) -> None:
    """Take a word off the list: an own entry is deleted, a shipped one is put out of force. Needs the site role."""
    shipped = {word.wrong for word in shipped_words()}
    if not actor.holds("site", Scope()):
        raise Refused(Reason("", "只有站点管理人员可以改用词表"))
    if wrong not in oversight.words and wrong not in shipped:
        raise Refused(Reason("不规范写法", f"用词表里没有“{wrong[:WORD]}”"))
    if wrong in shipped:
        oversight.words[wrong] = {"off": True, "by": actor.id, "at": clock.now()}
    else:
        del oversight.words[wrong]
    audit.record("quality.word", actor=actor.id, target=wrong, before=wrong)
