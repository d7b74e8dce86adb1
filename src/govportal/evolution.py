"""The steps that bring an older database to this program's generation; ``base/evolve`` runs them.

Owns the list. Importing this module registers them. A step runs in one transaction and may run again after a kill.
"""
from __future__ import annotations

from typing import Any

from .base.evolve import step
from .content.site import ROOT_KEY
from .editorial.store import ROOT_KEY as EDITORIAL_KEY
from .editorial.store import Editorial
from .oversight.store import ROOT_KEY as OVERSIGHT_KEY
from .oversight.store import Oversight
from .people.store import ROOT_KEY as PEOPLE_KEY
from .people.store import People
from .search.overlay import ROOT_KEY as SEARCH_KEY
from .search.overlay import Overlay


@step(2, "工作台：人员、编辑工作、内容质量和工作台列表")
def add_desk(root: Any) -> None:
    """Roots for people, editorial work, oversight and the desk's rows of the search tables; every document is journalled once for the desk's lists."""
    root.setdefault(PEOPLE_KEY, People())
    root.setdefault(EDITORIAL_KEY, Editorial())
    root.setdefault(OVERSIGHT_KEY, Oversight())
    root.setdefault(SEARCH_KEY, Overlay())
    site = root[ROOT_KEY]
    if "desk" not in site.journal.consumers():
        site.journal.register("desk")
        for uid, _ in site.documents.items():
            site.journal.record(uid, only=("desk",))
