"""Makes ``search/dictionary.txt`` from the shipped content and tables; nothing reads this module at run time.

    python -m tests.tools.make_dictionary [FILE]

Words: departments (names and short names), laws without 中华人民共和国, up to ten characters, places of the demo city and all
divisions of GB/T 2260 by their own name, and normative terms of the synonym tables that stand in at least ten names or plain names (more of
them lowered the quality on the look set). A change
of the dictionary moves the index's stamp: the portal rebuilds by itself.
"""
from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from govportal.search.tables import shipped_synonyms
from govportal.search.text import squeeze
from govportal.shipped import shipped

HAN = re.compile(r"[一-鿿]{2,10}")


def values(folder: str, *names: str) -> Iterator[str]:
    for path in sorted((shipped("content") / folder).glob("*.yaml")):
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        for name in names:
            value = data.get(name)
            yield from value if isinstance(value, list) else [value] if value else []


def labels() -> list[str]:
    """Names and plain names of all items of the content and the registers."""
    with open(shipped("content") / "registers" / "plain-names.csv", encoding="utf-8", newline="") as stream:
        found = [text for row in csv.DictReader(stream) for text in (row["name"], *row["plain_names"].split("、"))]
    return [squeeze(text) for text in (*found, *values("directory-items", "name"), *values("implementation-items", "name", "plain_names"), *values("handling-items", "name", "plain_names"))]


def words() -> list[str]:
    """The dictionary, sorted."""
    found = {squeeze(text) for text in (*values("organisations", "name", "short"), *(title.removeprefix("中华人民共和国") for title in values("laws", "title")))}
    with open(shipped("content") / "regions" / "divisions.csv", encoding="utf-8", newline="") as stream:
        found |= {squeeze(row["name"]) for row in csv.DictReader(stream) if len(row["name"]) > 2}
    text = "\n".join(labels())
    found |= {row.means for row in shipped_synonyms() if row.weight >= 0.9 and 3 <= len(row.means) <= 5 and text.count(row.means) >= 10}
    return sorted(word for word in found if HAN.fullmatch(word))


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else shipped("search") / "dictionary.txt"
    made = words()
    target.write_text("# 由 python -m tests.tools.make_dictionary 做出，不手改\n" + "\n".join(made) + "\n", encoding="utf-8")
    print(len(made))
