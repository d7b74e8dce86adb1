"""/healthz (the process lives), /readyz (it can answer: database, head pages, worker), /metrics (Prometheus).

Owns the counters: those of this process, or, where several processes serve (``PROMETHEUS_MULTIPROC_DIR`` is set by ``serve``), those of
all of them added up from their files in var. Answers in plain text; no person's data, no path.
"""
from __future__ import annotations

import logging
import os
import time
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid_retry import IBeforeRetry

from .modes import no_root

log = logging.getLogger("govportal.conflict")
HEARTBEAT_LIMIT = 30.0   # seconds after which a silent worker makes the process not ready
GRACE = 30.0             # seconds from the start of the process in which a worker may be silent
SHARED = "PROMETHEUS_MULTIPROC_DIR"   # prometheus_client's own name of the folder; it must be set before that package loads


class Metrics:
    """Counters of one process in a registry of its own; what all processes share (journal, outbox, worker) is set when asked for."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.began = time.monotonic()
        self.requests = Counter("govportal_requests", "Requests by status", ["status"], registry=self.registry)
        self.conflicts = Counter("govportal_conflicts", "Requests tried again because another writer came first", registry=self.registry)
        self.latency = Histogram("govportal_request_seconds", "Seconds a request", registry=self.registry,
                                 buckets=(.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5))
        self.hits = Gauge("govportal_page_cache_hits", "Page cache hits", registry=self.registry, multiprocess_mode="sum")
        self.cache_bytes = Gauge("govportal_page_cache_bytes", "Page cache size", registry=self.registry, multiprocess_mode="sum")
        self.pending = Gauge("govportal_journal_pending", "Journal entries not applied", ["consumer"], registry=self.registry,
                             multiprocess_mode="mostrecent")
        self.outbox = Gauge("govportal_outbox_waiting", "Messages not delivered", registry=self.registry, multiprocess_mode="mostrecent")
        self.heartbeat_age = Gauge("govportal_worker_heartbeat_age_seconds", "Seconds since the worker's last round", registry=self.registry,
                                   multiprocess_mode="mostrecent")
        self.shared = os.environ.get(SHARED, "")
        self._children: dict[int, Any] = {}

    def text(self) -> bytes:
        """All counters in Prometheus' form; of all processes where there are several."""
        if not self.shared:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together, path=self.shared)
        return generate_latest(together)

    def cache(self, hits: int, size: int) -> None:
        """The page cache of this process as it is now."""
        self.hits.set(hits)
        self.cache_bytes.set(size)

    def seen(self, status: int, seconds: float) -> None:
        child = self._children.get(status)
        if child is None:
            child = self._children[status] = self.requests.labels(str(status))
        child.inc()
        self.latency.observe(seconds)


def heartbeat_age(registry: Any) -> float | None:
    """Seconds since the worker's last round; None when this installation has had no worker yet."""
    try:
        return max(0.0, time.time() - (registry.portal_settings.var / "worker.heartbeat").stat().st_mtime)
    except OSError:
        return None


def worker_state(registry: Any) -> str:
    """``ok``; ``off`` when this installation runs none (worker = false); ``starting`` within the grace; ``silent`` is a fault."""
    age = heartbeat_age(registry)
    if age is not None and age < HEARTBEAT_LIMIT:
        return "ok"
    if not registry.portal_settings.worker:
        return "off"
    return "starting" if time.monotonic() - registry.metrics.began < GRACE else "silent"


def healthz(request: Any) -> Response:
    return Response("ok\n", content_type="text/plain", charset="utf-8", cache_control="no-store")


def readyz(request: Any) -> Response:
    """200 with the states, or 503 naming what is not ready."""
    states = {}
    try:
        states["database"] = "ok" if request.site is not None else "missing"
        states["columns"] = f"ok {request.columns.size}"
    except Exception as exc:  # noqa: BLE001 - whatever it is, the answer is that we are not ready
        states["database"] = f"failed {type(exc).__name__}"
    states["worker"] = worker_state(request.registry)
    ready = states["database"] == "ok" and states["worker"] != "silent"
    return Response("".join(f"{name}: {state}\n" for name, state in states.items()), status=200 if ready else 503, content_type="text/plain",
                    charset="utf-8", cache_control="no-store")


def metrics_view(request: Any) -> Response:
    registry = request.registry
    if not registry.portal_settings.metrics:
        raise HTTPNotFound()
    metrics = registry.metrics
    metrics.cache(registry.page_cache.hits, registry.page_cache.size)
    site = request.site
    if not metrics.shared:
        metrics.pending.clear()   # an index that was replaced has no consumer any more
    for name in site.journal.consumers():
        metrics.pending.labels(name).set(site.journal.count(name))
    metrics.outbox.set(site.outbox.count())
    age = heartbeat_age(registry)
    metrics.heartbeat_age.set(-1 if age is None else age)
    return Response(metrics.text(), content_type=CONTENT_TYPE_LATEST.split(";")[0], charset="utf-8", cache_control="no-store")


def tried_again(event: Any) -> None:
    """Two writers met in one object: the log says in which class of object, the counter how often."""
    event.request.registry.metrics.conflicts.inc()
    log.info("conflict, tried again: %s", str(event.exception)[:300])


def includeme(config: Any) -> None:
    config.registry.metrics = Metrics()
    config.add_subscriber(tried_again, IBeforeRetry)
    for name, view in (("healthz", healthz), ("readyz", readyz), ("metrics", metrics_view)):
        config.add_route(name, "/" + name, factory=no_root)
        config.add_view(view, route_name=name, request_method=("GET", "HEAD"))
