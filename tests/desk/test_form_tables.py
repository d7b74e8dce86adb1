"""The tables of the forms against the schemas: nothing left out, nothing named that is not there."""
import pytest

from govportal.content import rules
from govportal.content.completeness import NEEDS, PLACES, WHEN, findings, missing, needed_paths
from govportal.content.kinds import all_kinds
from govportal.desk.forms import hints
from govportal.desk.forms.build import form_of
from govportal.desk.forms.picks import SOURCES, WORDS
from govportal.desk.forms.progress import checks, completeness
from govportal.desk.forms.sections import SECTIONS, section, section_of, sections_of
from tests.conftest import ITEM

KINDS = sorted(all_kinds())


def paths(kind):
    """Every dotted path of a kind's schema, without marks for rows."""
    def below(node, dotted):
        yield dotted
        for child in node.children:
            yield from below(child, dotted if node.typ.shape == "list" else f"{dotted}.{child.name}")
    return {path for node in all_kinds()[kind].schema.children for path in below(node, node.name)}


@pytest.mark.parametrize("kind", KINDS)
def test_every_node_stands_in_exactly_one_section(kind):
    nodes = [node.name for node in all_kinds()[kind].schema.children]
    listed = [node for one in sections_of(kind) for node in one.nodes]
    assert sorted(nodes) == sorted(listed)
    assert len({one.name for one in sections_of(kind)}) == len(sections_of(kind))
    assert all(node in section_of(kind, node).nodes and section(kind, one.name) == one for one in sections_of(kind) for node in one.nodes)


def test_every_kind_has_a_form_and_no_other_has():
    assert set(SECTIONS) == set(all_kinds())
    for wrong in (lambda: sections_of("Nothing"), lambda: section("Guide", "nothing"), lambda: section_of("Guide", "nothing"), lambda: form_of("Guide", "x")):
        with pytest.raises(LookupError):
            wrong()


def test_tables_name_fields_that_exist():
    known = {path for kind in KINDS for path in paths(kind)}
    for table in (hints.HINTS, hints.UNITS, hints.PICKS, hints.ROW_NAMES, hints.ROW_PARTS, hints.ROW_WORDS):
        for key in table:
            kind, _, path = key.rpartition(":")
            assert path in (paths(kind) if kind else known), key
    assert {what for what, _ in hints.PICKS.values()} <= set(SOURCES) and set(SOURCES) == set(WORDS)
    for path, parts in hints.ROW_PARTS.items():
        row = next(node for node in all_kinds()["ImplementationItem"].schema.children if node.name == path).children[0]
        assert sorted(name for _, names in parts for name in names) == sorted(child.name for child in row.children)


@pytest.mark.parametrize("kind", KINDS)
def test_needed_elements_exist_and_name_known_conditions(kind):
    assert needed_paths(kind) <= paths(kind)
    assert all(not need.when or need.when in WHEN for need in NEEDS[kind])
    assert missing(kind, {})[1] and completeness(kind, {}).percent == 0


def test_rules_have_places_in_a_form():
    own = paths("ImplementationItem") | paths("DirectoryItem") | paths("Organisation") | {"legal_basis"}
    assert set(PLACES) <= {rule.id for rule in rules.all_rules()}
    assert all(not where or where.replace(".*", "") in own for where, _ in PLACES.values())


def test_completeness_counts_conditions_and_rows():
    values = all_kinds()["ImplementationItem"].validate(ITEM)
    whole = completeness("ImplementationItem", values)
    assert whole.total == whole.done + len(whole.missing) and 50 < whole.percent < 100
    assert ("materials", ("materials", 0, "kind"), "材料类型") in whole.missing and whole.of("materials")
    assert not any(one.path == ("fee", "items") for one in whole.missing)
    charged = completeness("ImplementationItem", {**values, "fee": {"charged": True}})
    assert ("fee", ("fee", "items"), "收费项目") in charged.missing and charged.total > whole.total
    more = {**values, "materials": (*values["materials"], {"name": "甲"})}
    assert any(one.path == ("materials", 2, "basis", "law") for one in completeness("ImplementationItem", more).missing)


def test_checks_lead_to_the_row_that_is_wrong():
    values = all_kinds()["ImplementationItem"].validate(ITEM)
    bad = {**values, "materials": (values["materials"][0], {**values["materials"][1], "sample": None})}
    found = [check for check in checks("ImplementationItem", bad) if check.state == "no" and check.section == "materials"]
    assert [check.field for check in found] == ["f-materials-1-sample-fields"] and found[0].message.startswith("材料 2：")
    good = checks("ImplementationItem", values)
    assert any(check.state == "ok" and "样表" in check.message for check in good)
    assert [check.state for check in good] == sorted((check.state for check in good), key=("no", "wait", "ok").index)


def test_a_fault_that_no_single_row_shows_is_still_told(small):
    values = all_kinds()["ImplementationItem"].validate({**ITEM, "materials": []})
    with small.db.transaction() as connection:
        document = connection.root()["site"].at("items/one/one")
        found = findings("ImplementationItem", {**values, "consult_phone": ""}, document)
    assert any(one.state == "no" and one.path == ("consult_phone",) for one in found)
