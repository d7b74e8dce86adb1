"""Executes docs/怎样加东西.md in a copy of the project and looks at the result: the manual is true."""
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHECK = """
import warnings; warnings.simplefilter("ignore")
import csv, json, pyotp
from pathlib import Path
from webtest import TestApp
from govportal import main
import govportal
assert Path(govportal.__file__).is_relative_to(Path.cwd()), govportal.__file__
from govportal.base.storage import open_database
from govportal.content import rules
from govportal.content.kinds import kind_of
from govportal.seed import fill
from govportal.settings import Settings
Path("var").mkdir()
db = open_database("var/data.fs")
fill(db, registers=False, var=Path("var"))
app = TestApp(main({"govportal.db": db}, settings=Settings(var=Path("var"))))
page = app.get("/pages/hall-screen")
assert "今日大厅告示" in page.text and "周六上午照常办理" in page.text and app.get("/") and any(row.slug == "hall-screen" for row in app.app.registry.columns._columns.plain["NoticeBoard"])
assert kind_of("ImplementationItem").validate({"senior_window": "一号窗口"})["senior_window"] == "一号窗口"
rule = next(rule for rule in rules.all_rules() if rule.id == "senior-window")
assert rules.CHECKS[rule.check](rule.good[0]) and not rules.CHECKS[rule.check](rule.bad[0])
assert [fault.rule for fault in rules.violations("ImplementationItem", {"senior_window": "一"}, "quality")] == ["senior-window"]
from govportal.desk.forms.build import form_of
from govportal.desk.forms.sections import section_of, sections_of
assert section_of("ImplementationItem", "senior_window").name == "access" and "senior_window" in [node.name for node in form_of("ImplementationItem", "access").children]
assert [node.name for node in form_of("NoticeBoard", sections_of("NoticeBoard")[0].name).children] == ["title", "words"]
staff = {row["user"]: row for row in json.loads(Path("var/demo-accounts.json").read_text(encoding="utf-8"))["accounts"]}["demo-reviewer"]
assert app.get("/desk/boards", status=303).location.endswith("/desk/boards")
form = app.get("/desk/signin").forms[0]
form["username"], form["password"], form["code"] = staff["user"], staff["password"], pyotp.TOTP(staff["totp"]).now()
form.submit(status=303)
desk = app.get("/desk/boards")
assert "今日大厅告示" in desk.text and app.get("/desk/doc/" + desk.text.split("/desk/doc/")[1][:36]).status_int == 200
rows = {row["page"]: row for row in csv.DictReader(open("tests/desk/access.csv", encoding="utf-8"))}
assert rows["boards"]["post"] == "none" and {one.name for one in app.app.registry.desk_pages} == set(rows)
print("walked")
"""


def apply(root: Path, block: str) -> str:
    head, _, body = block.partition("\n")
    path, _, how = re.match(r"(?:# |<!-- )文件 (\S+) (.*?)(?: -->)?$", head).group(1), None, re.match(r"(?:# |<!-- )文件 (\S+) (.*?)(?: -->)?$", head).group(2)
    target = root / path
    if how == "新建":
        assert not target.exists(), path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(body, encoding="utf-8")
        return path
    text = target.read_text(encoding="utf-8")
    if how == "接在末尾":
        target.write_text(text + body, encoding="utf-8")
        return path
    if how.startswith("换掉 "):
        mark = how.removeprefix("换掉 ").strip("`")
        assert text.count(mark) == 1, (path, mark, text.count(mark))
        target.write_text(text.replace(mark, body.strip()), encoding="utf-8")
        return path
    mark, place = re.match(r"接在 `(.*)` (后面|前面)$", how).groups()
    lines = text.splitlines(keepends=True)
    numbers = [number for number, line in enumerate(lines) if mark in line]
    assert len(numbers) == 1, (path, mark, len(numbers))
    line = lines[numbers[0]]
    if place == "前面":
        lines.insert(numbers[0], body)
    elif line.rstrip().endswith("("):
        lines.insert(numbers[0] + 1, body)
    elif mark in line and line.count(mark) and "(" in mark and not line.rstrip().endswith(","):
        start = line.index(mark) + len(mark)
        lines[numbers[0]] = line[:start] + "\n" + body + "         " + line[start:]
    else:
        lines.insert(numbers[0] + 1, body)
    target.write_text("".join(lines), encoding="utf-8")
    return path


def test_the_manual_how_to_add_things_is_true(tmp_path):
    for name in ("src", "content", "themes", "search", "etc", "setup.cfg", "tests/desk/access.csv"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "registers"))
        else:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, tmp_path / name)
    text = (ROOT / "docs" / "怎样加东西.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:python|yaml|html|csv)\n(.*?)```", text, flags=re.S)
    assert len(blocks) >= 15
    changed = [apply(tmp_path, block) for block in blocks]
    assert len(set(changed)) >= 8
    run = subprocess.run([sys.executable, "-c", CHECK], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path / "src"), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False)
    assert run.returncode == 0 and "walked" in run.stdout, run.stderr[-3000:]
