"""The operator's own holidays and code tables: in force after a start, checked with file and line, in the backup."""
import os
import shutil
import subprocess
import sys
from datetime import date

import pytest

from govportal.base import calendar
from govportal.content import overrides
from govportal.settings import SettingsError
from govportal.shipped import shipped

VOCABULARIES, HOLIDAYS = shipped("content") / "vocabularies", shipped("content") / "calendar" / "holidays.csv"
LAW = "id: a\npath: shared/laws/one\ntitle: 某某条例\nstatus: 试行\n"


@pytest.fixture
def folder(tmp_path):
    for name in ("calendar", "vocabularies"):
        (tmp_path / "overrides" / name).mkdir(parents=True)
    yield tmp_path / "overrides"
    overrides.use(tmp_path / "none")


def run(var, *arguments):
    return subprocess.run([sys.executable, "-W", "ignore", "-m", "govportal", "--var", str(var), *arguments], capture_output=True, text=True, check=False, env=dict(os.environ))


def test_an_own_code_table_is_in_force_and_in_the_backup(folder, tmp_path):
    """A word that the shipped table lacks is refused, and taken once the operator's table has it."""
    (tmp_path / "content" / "laws").mkdir(parents=True)
    (tmp_path / "content" / "laws" / "one.yaml").write_text(LAW, encoding="utf-8")
    assert run(tmp_path, "init", "--empty").returncode == 0
    refused = run(tmp_path, "import", str(tmp_path / "content"))
    assert refused.returncode == 2 and "有效性" in refused.stderr
    table = folder / "vocabularies" / "validity.yaml"
    table.write_text((VOCABULARIES / "validity.yaml").read_text(encoding="utf-8") + "- code: '99'\n  label: 试行\n  slug: trial\n", encoding="utf-8")
    taken = run(tmp_path, "import", str(tmp_path / "content"))
    assert taken.returncode == 0 and "新建 1" in taken.stdout, taken.stderr
    assert "用数据目录里的 vocabularies/validity.yaml" in run(tmp_path, "doctor").stdout
    assert run(tmp_path, "backup", str(tmp_path / "b")).returncode == 0 and run(tmp_path / "new", "restore", str(tmp_path / "b")).returncode == 0
    assert (tmp_path / "new" / "overrides" / "vocabularies" / "validity.yaml").read_bytes() == table.read_bytes()


def test_own_holidays_are_in_force(folder):
    (folder / "calendar" / "holidays.csv").write_text(HOLIDAYS.read_text(encoding="utf-8") + "2027-03-01,某节,1,\n2027-10-01,国庆节,1,\n", encoding="utf-8")
    assert calendar.current().is_working_day(date(2027, 3, 1))
    overrides.use(folder)
    assert not calendar.current().is_working_day(date(2027, 3, 1)) and not calendar.current().warnings(date(2026, 12, 1))
    shutil.rmtree(folder)
    overrides.use(folder)
    assert calendar.current().is_working_day(date(2027, 3, 1))


@pytest.mark.parametrize(("name", "text", "word"), [
    ("calendar/holidays.csv", "date,is_off_day\n2027-01-01,1\n2027-13-01,1\n", "holidays.csv 第 3 行.*日期应写成"), ("calendar/holidays.csv", "date,is_off_day\n2027-01-01,x\n", "第 2 行.*is_off_day"),
    ("calendar/holidays.csv", "day\n", "第 1 行.*列名"), ("calendar/holidays.csv", "date,is_off_day\n2027-01-01,1\n2027-01-01,0\n", "第 3 行.*两次"), ("calendar/other.csv", "", "other.csv：这里只认"),
    ("vocabularies/none.yaml", "title: a", "没有这个代码表"), ("vocabularies/levels.yaml", "title: a\nterms: ]\n", "第 2 行的 YAML"), ("vocabularies/levels.yaml", "title: a\n", "terms"), ("vocabularies/levels.yaml", "- 1", "terms"),
    ("vocabularies/levels.yaml", "title: a\nterms:\n- code: '1'\n  label: 甲\n- code: '2'\n", "levels.yaml 第 5 行.*code 和 label"),
    ("vocabularies/levels.yaml", "title: a\nterms:\n- {code: '1', label: 甲}\n- {code: '2', label: 甲}\n", "第 4 行.*与第 3 行重复"), ("vocabularies/levels.yaml", "title: a\nterms:\n- {code: '1', label: 甲, slug: 甲}\n", "第 3 行.*英文字母"),
    ("vocabularies/person-topics.yaml", "title: a\nterms:\n- {code: '1', label: 甲, slug: a}\n", "主题少了规则要用的")])
def test_a_wrong_file_ends_the_start_with_file_and_line(folder, name, text, word):
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=word) as caught:
        overrides.use(folder)
    assert "\n" not in str(caught.value)


def test_every_shipped_table_would_pass(folder):
    shutil.copytree(VOCABULARIES, folder / "vocabularies", dirs_exist_ok=True)
    shutil.copy(HOLIDAYS, folder / "calendar")
    overrides.use(folder)
    assert len(overrides.check(folder)) == len(list(VOCABULARIES.glob("*.yaml"))) + 1
