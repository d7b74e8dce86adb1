"""Names that meet: the same item twice at one department and region, nearly the same name, the same title twice in a column or topic."""
from __future__ import annotations

from collections.abc import Iterator

from ..findings import Check, Flaw
from .elements import is_guide
from .subject import ITEMS, Subject

CHECKS = (Check("name-same", "事项重名", "should", "R4.2.1 R5.9.6", 10), Check("name-near", "事项名称几乎相同", "look", "R4.2.1", 20),
          Check("title-same", "标题重复", "look", "A9", 20))


def examine(subject: Subject) -> Iterator[Flaw]:
    kind, values = subject.document.kind, subject.values
    if kind in ITEMS and is_guide(subject):
        name = subject.whole.get("name") or ""
        found = subject.world.twins("item", name, (subject.whole.get("org") or "", subject.whole.get("region") or ""), subject.document.uid)
        for check, words, wanted in (("name-same", "同一部门、同一地区还有同名的事项", True), ("name-near", "同一部门、同一地区还有名称几乎相同的事项", False)):
            paths = [path for path, same in found if same == wanted]
            if name and paths:
                yield Flaw(check, "事项名称", f"{words}：{_list(paths)}，请核对是不是重复录入；不是的，请把名称写得能分清")
    if kind in ("NewsArticle", "Question"):
        group, place = ("article", values["channel"]) if kind == "NewsArticle" else ("question", values["topic"])
        paths = [path for path, _ in subject.world.twins(group, values["title"], (place,), subject.document.uid)]
        if paths:
            yield Flaw("title-same", "标题", f"还有标题相同的内容：{_list(paths)}，请核对是不是发了两次")


def _list(paths: list[str]) -> str:
    return "、".join(paths[:3]) + (f"等 {len(paths)} 处" if len(paths) > 3 else "")
