"""Import direction: a room imports only rooms below it (architecture §2)."""
import ast
from pathlib import Path

import govportal

ROOT = Path(govportal.__file__).parent
# room -> level; a room may import its own level's own room and everything lower.
LEVELS = {"shipped": 0, "settings": 1, "base": 1, "workflow": 2, "outside": 3, "content": 4, "people": 4, "search": 5, "editorial": 6, "oversight": 6,
          "evolution": 7, "worker": 7, "seed": 8, "web": 9, "portal": 10, "api": 10, "desk": 10, "__init__": 11, "cli": 12, "__main__": 13}


def room_of(path: Path) -> str:
    relative = path.relative_to(ROOT)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imports_of(path: Path):
    package = ["govportal", *path.relative_to(ROOT).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{name}.{alias.name}" for alias in node.names) if name == "govportal" else (name,)


def test_every_room_has_a_level():
    rooms = {room_of(path) for path in ROOT.rglob("*.py")}
    assert rooms <= set(LEVELS), rooms - set(LEVELS)


def test_no_room_imports_a_higher_one_or_a_sibling():
    wrong = []
    for path in ROOT.rglob("*.py"):
        own = room_of(path)
        for name in imports_of(path):
            parts = name.split(".")
            if parts[0] != "govportal":
                continue
            other = parts[1] if len(parts) > 1 and parts[1] in LEVELS else "__init__"
            if other != own and LEVELS[other] >= LEVELS[own]:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not wrong, wrong


def test_domain_rooms_know_neither_request_nor_template():
    for room in ("base", "workflow", "outside", "content", "people", "search", "editorial", "oversight"):
        for path in (ROOT / room).rglob("*.py"):
            for name in imports_of(path):
                assert not name.startswith(("pyramid", "chameleon", "webob")), f"{path}: {name}"


def test_every_module_says_what_it_owns():
    for path in ROOT.rglob("*.py"):
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path
