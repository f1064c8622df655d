"""What the gateway counts, for Prometheus; a registry of its own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class GatewayMetrics:
    """Counters of one gateway.

    Attributes:
        requests: by route and status.
        refused: by route and cause: ``signature``, ``too_long``, ``compressed``, ``slow``, ``rate``, ``full``, ...
        messages: taken in, by source and kind.
        redelivered: messages that were on disk already.
        statuses: reports about sent messages, by state.
        rejects: parts of payloads that were kept for a person.
        ack_seconds: from a request's first byte to its answer, for those that were answered 200.
        in_flight_bytes: bytes of bodies being read or handled.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self.requests = Counter(
            "majlis_gateway_requests", "Requests by route and status.", ["route", "status"], registry=registry
        )
        self.refused = Counter(
            "majlis_gateway_refused", "Requests refused by route and cause.", ["route", "cause"], registry=registry
        )
        self.messages = Counter(
            "majlis_gateway_messages", "Messages taken in by source and kind.", ["source", "kind"], registry=registry
        )
        self.redelivered = Counter(
            "majlis_gateway_redelivered", "Messages that came again while they were on disk.", registry=registry
        )
        self.statuses = Counter(
            "majlis_gateway_statuses", "Reports about sent messages by state.", ["state"], registry=registry
        )
        self.rejects = Counter(
            "majlis_gateway_rejects", "Parts of payloads kept for a person, by route.", ["route"], registry=registry
        )
        self.ack_seconds = Histogram(
            "majlis_gateway_ack_seconds",
            "From a request to its answer, where that was 200.",
            registry=registry,
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )
        self.in_flight_bytes = Gauge(
            "majlis_gateway_in_flight_bytes", "Bytes of bodies being read or handled.", registry=registry
        )
        self._children: dict[tuple[str, str, str], Counter] = {}

    def _child(self, counter: Counter, name: str, first: str, second: str) -> Counter:
        # Looking a labelled counter up costs more than counting.
        child = self._children.get((name, first, second))
        if child is None:
            child = self._children[name, first, second] = counter.labels(first, second)
        return child

    def count_message(self, source: str, kind: str) -> None:
        """Count one message that was taken in."""
        self._child(self.messages, "messages", source, kind).inc()

    def count_request(self, route: str, status: int) -> None:
        """Count one request."""
        self._child(self.requests, "requests", route, str(status)).inc()

    def exposition(self) -> bytes:
        """Write all figures in Prometheus's text format."""
        return generate_latest(self.registry)
