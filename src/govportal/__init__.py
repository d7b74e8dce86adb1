"""govportal: an open portal for government services. ``main`` makes the WSGI app: ordered includes, nothing else."""
from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:     # as little as possible loads before ``__main__`` takes care of Ctrl-C
    from typing import Any

# How often a request is tried when another writer came first. Two people on one document do meet: of saves by many hands at once one in five
# or six does (soak-desk), so that three attempts fail once in some hundred saves, eight once in a million.
ATTEMPTS = 8
INCLUDES = ("pyramid_tm", "pyramid_retry", "pyramid_zodbconn", ".web", ".portal", ".desk", ".api")


def main(global_config: dict[str, Any], **section: Any) -> Any:
    """The WSGI application of an ini section. ``govportal.db`` in ``global_config`` hands in an open database."""
    from pyramid.config import Configurator

    from .base.storage import open_database
    from .content import overrides
    from .content.site import open_site
    from .settings import read_settings

    settings = section.pop("settings", None) or read_settings(section)
    overrides.use(settings.overrides)
    db = (global_config or {}).get("govportal.db") or open_database(settings.database, cache_bytes=settings.object_cache_mb << 20)
    config = Configurator(
        package="govportal",
        settings={"tm.manager_hook": "pyramid_tm.explicit_manager", "tm.commit_veto": "pyramid_tm.default_commit_veto", "retry.attempts": ATTEMPTS},
        root_factory=lambda request: open_site(_connection(request)))
    config.registry.portal_settings = settings
    for name in INCLUDES:
        config.include(name)
    config.registry._zodb_databases = {"": db}   # pyramid_zodbconn's own place for opened databases
    return config.make_wsgi_app()


def _connection(request: Any) -> Any:
    from pyramid_zodbconn import get_connection
    return get_connection(request)
