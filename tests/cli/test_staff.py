"""``govportal staff`` and what init says of an empty site, as an operator sees it."""
import re

import pytest

from govportal.base.keys import load_keys
from govportal.base.storage import open_database
from govportal.cli import main as cli
from govportal.content.site import open_site
from govportal.people import signin
from govportal.people.store import open_people


@pytest.fixture
def var(tmp_path):
    assert cli(["--var", str(tmp_path / "var"), "init", "--empty"]) == 0
    return tmp_path / "var"


def sign_in(var, username, password, code=""):
    db = open_database(str(var / "data.fs"))
    with db.transaction() as connection:
        outcome = signin.sign_in(open_people(connection), load_keys(var / "secret"), username=username, password=password, code=code, address="10.0.0.1", agent="",
                                 audit=open_site(connection).audit)
    db.close()
    return outcome


def test_the_first_account_of_an_empty_site(tmp_path, capsys):
    var = tmp_path / "var"
    assert cli(["--var", str(var), "init", "--empty"]) == 0 and "govportal staff add" in capsys.readouterr().out
    assert not (var / "demo-accounts.json").exists()
    assert cli(["--var", str(var), "staff", "add", "--user", "Zhang.San", "--name", "张三", "--roles", "安全管理"]) == 0
    said = capsys.readouterr().out
    password = re.search(r"只显示这一次）：(\S+)", said)[1]
    assert "安全管理" in said and password.encode() not in (var / "data.fs").read_bytes()
    outcome = sign_in(var, "zhang.san", password)
    assert outcome.must == "password"
    assert cli(["--var", str(var), "staff", "list"]) == 0
    line = capsys.readouterr().out
    assert "zhang.san" in line and "安全管理" in line and "未绑定动态码" in line and password not in line


def test_reset_and_unlock(var, capsys):
    cli(["--var", str(var), "staff", "add", "--user", "zhang", "--name", "张三", "--roles", "security"])
    for _ in range(5):
        sign_in(var, "zhang", "wrong")
    capsys.readouterr()
    assert cli(["--var", str(var), "staff", "list"]) == 0 and "已锁定" in capsys.readouterr().out
    assert cli(["--var", str(var), "staff", "unlock", "ZHANG"]) == 0 and "已解锁" in capsys.readouterr().out
    assert cli(["--var", str(var), "staff", "reset", "zhang"]) == 0
    password = re.search(r"只显示这一次）：(\S+)", capsys.readouterr().out)[1]
    assert sign_in(var, "zhang", password).must == "password"


def test_networks_open_again_for_who_shut_themselves_out(var, capsys):
    assert cli(["--var", str(var), "staff", "networks", "security", "10.0.0.0/8", "2001:db8::/32"]) == 0 and "10.0.0.0/8、2001:db8::/32" in capsys.readouterr().out
    assert cli(["--var", str(var), "staff", "networks", "安全管理"]) == 0 and "不限" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "word"), [
    (["add", "--user", "admin", "--name", "张三"], "默认名"), (["add", "--user", "zhang", "--name", "张三", "--roles", "king"], "没有角色"),
    (["add", "--user", "zhang", "--name", "张三", "--roles", "security,auditor"], "审计"), (["add", "--user", "zhang", "--name", "张三", "--org", "none"], "没有部门"),
    (["reset", "nobody"], "没有用户名"), (["unlock", "nobody"], "没有用户名"), (["networks", "editor", "x"], "不是网络地址"), (["networks", "king"], "没有角色")])
def test_errors_are_one_clear_line_and_leave_nothing(var, capsys, arguments, word):
    capsys.readouterr()
    assert cli(["--var", str(var), "staff", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("govportal：") and word in error and error.count("\n") == 1
    assert cli(["--var", str(var), "staff", "list"]) == 0 and "还没有工作人员" in capsys.readouterr().out


def test_beside_a_running_portal_it_lists_and_does_not_write(var, capsys):
    db = open_database(str(var / "data.fs"))
    try:
        capsys.readouterr()
        assert cli(["--var", str(var), "staff", "add", "--user", "zhang", "--name", "张三"]) == 2 and "门户可能正在运行" in capsys.readouterr().err
        assert cli(["--var", str(var), "staff", "list"]) == 0
    finally:
        db.close()


def test_an_older_database_is_told_to_evolve(tmp_path, capsys):
    from govportal.base.storage import META
    from govportal.content.site import make_site
    db = open_database(str(tmp_path / "data.fs"))
    with db.transaction() as connection:
        make_site(connection)
        connection.root()[META] = {"generation": 1, "complete": True}
    db.close()
    assert cli(["--var", str(tmp_path), "staff", "add", "--user", "zhang", "--name", "张三"]) == 2 and "govportal evolve" in capsys.readouterr().err
    assert cli(["--var", str(tmp_path), "evolve"]) == 0
    assert cli(["--var", str(tmp_path), "staff", "add", "--user", "zhang", "--name", "张三"]) == 0
