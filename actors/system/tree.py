"""The tree of processes: what is supervised by whom, in which order it starts."""

from __future__ import annotations

from actors.system.settings import Settings
from supervision.spec import Backoff, ChildSpec, Pool, SupervisorSpec

QUICK = Backoff(initial_s=0.02, factor=2.0, maximum_s=5.0, jitter=0.2)


def declare(settings: Settings) -> SupervisorSpec:
    """Declare the tree for some settings.

    Every part can be restarted alone: the logs between them outlive them all.

    Args:
        settings: of all services.

    Returns:
        the root supervisor's declaration.
    """
    config = settings.model_dump_json().encode()
    shard = ChildSpec("shard", "actors.session.shard_actor:ShardActor", config, shutdown_ms=5_000)
    shards = settings.sessions.shards
    sessions = SupervisorSpec(
        "sessions", intensity=40, period_s=10.0, backoff=QUICK, pool=Pool(shard, shards, minimum=shards, maximum=shards)
    )
    worker = ChildSpec(
        "worker", "actors.language.worker_actor:LanguageWorker", config, shutdown_ms=1_000, ready_ms=60_000
    )
    language = SupervisorSpec(
        "language", intensity=40, period_s=10.0, backoff=QUICK, pool=Pool(worker, settings.language.workers)
    )
    return SupervisorSpec(
        "root",
        intensity=40,
        period_s=10.0,
        backoff=QUICK,
        children=(
            ChildSpec("gateway", "actors.whatsapp.gateway_actor:GatewayActor", config, shutdown_ms=4_000),
            sessions,
            language,
            ChildSpec("sink", "actors.sheets.embedded_sink:EmbeddedSink", config, shutdown_ms=5_000),
        ),
    )
