"""/healthz (the process lives), /readyz (it can answer: database and head pages), /metrics (Prometheus).

Owns the process's counters. Answers in plain text; no person's data, no path.
"""
from __future__ import annotations

import time
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from .modes import no_root

HEARTBEAT_LIMIT = 30.0   # seconds after which a silent worker makes the process not ready


class Metrics:
    """Counters of one process in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("govportal_requests", "Requests by status", ["status"], registry=self.registry)
        self.latency = Histogram("govportal_request_seconds", "Seconds a request", registry=self.registry,
                                 buckets=(.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5))
        self.hits = Gauge("govportal_page_cache_hits", "Page cache hits", registry=self.registry)
        self.cache_bytes = Gauge("govportal_page_cache_bytes", "Page cache size", registry=self.registry)
        self.pending = Gauge("govportal_journal_pending", "Journal entries not applied", ["consumer"], registry=self.registry)
        self.outbox = Gauge("govportal_outbox_waiting", "Messages not delivered", registry=self.registry)
        self.heartbeat_age = Gauge("govportal_worker_heartbeat_age_seconds", "Seconds since the worker's last round", registry=self.registry)
        self._children: dict[int, Any] = {}

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
    age = heartbeat_age(request.registry)
    states["worker"] = "ok" if age is not None and age < HEARTBEAT_LIMIT else "silent"
    ready = states["database"] == "ok"
    return Response("".join(f"{name}: {state}\n" for name, state in states.items()), status=200 if ready else 503, content_type="text/plain",
                    charset="utf-8", cache_control="no-store")


def metrics_view(request: Any) -> Response:
    registry = request.registry
    if not registry.portal_settings.metrics:
        raise HTTPNotFound()
    metrics = registry.metrics
    metrics.hits.set(registry.page_cache.hits)
    metrics.cache_bytes.set(registry.page_cache.size)
    site = request.site
    for name in site.journal.consumers():
        metrics.pending.labels(name).set(site.journal.count(name))
    metrics.outbox.set(site.outbox.count())
    age = heartbeat_age(registry)
    metrics.heartbeat_age.set(-1 if age is None else age)
    return Response(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST.split(";")[0], charset="utf-8", cache_control="no-store")


def includeme(config: Any) -> None:
    config.registry.metrics = Metrics()
    for name, view in (("healthz", healthz), ("readyz", readyz), ("metrics", metrics_view)):
        config.add_route(name, "/" + name, factory=no_root)
        config.add_view(view, route_name=name, request_method=("GET", "HEAD"))
