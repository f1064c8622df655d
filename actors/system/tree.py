"""The tree of processes: what is supervised by whom, in which order it starts."""

from __future__ import annotations

from typing import Literal

from actors.media.settings import MediaFetchConfig, MediaWorkerConfig
from actors.system.settings import Settings
from supervision.spec import Backoff, ChildSpec, Pool, SupervisorSpec

MEDIA_KINDS: tuple[Literal["image", "audio", "document"], ...] = ("image", "audio", "document")
SINKS = {
    "embedded": "actors.sheets.embedded_sink:EmbeddedSink",
    "sheets": "actors.sheets.sheets_sink:SheetsSink",
}
QUICK = Backoff(initial_s=0.02, factor=2.0, maximum_s=5.0, jitter=0.2)


def declare(settings: Settings) -> SupervisorSpec:
    """Declare the tree for some settings.

    Every part can be restarted alone: the logs between them outlive them all.

    Args:
        settings: of all services.

    Returns:
        the root supervisor's declaration.
    """
    config = settings.encoded()
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
            *_media(settings),
            ChildSpec("sink", SINKS[settings.sink.kind], config, shutdown_ms=5_000),
            ChildSpec("delivery", "actors.whatsapp.delivery_actor:DeliveryActor", config, shutdown_ms=5_000),
        ),
    )


def _media(settings: Settings) -> tuple[SupervisorSpec, ...]:
    """Declare a pool for each kind of file, and the gallery beside them; nothing where files are left unread."""
    if not settings.media_pool.workers:
        return ()
    folder = settings.folder / "media"
    whatsapp = settings.whatsapp
    fetch = MediaFetchConfig(graph_url=whatsapp.graph_url, access_token=whatsapp.access_token, download=whatsapp.media)
    config = {
        kind: MediaWorkerConfig(
            media=settings.media,
            gallery=settings.gallery,
            folder=folder,
            kind=kind,
            fetch=fetch,
            texts=settings.folder,
        ).encoded()
        for kind in MEDIA_KINDS
    }
    pools = tuple(
        SupervisorSpec(
            kind,
            intensity=20,
            period_s=60.0,
            backoff=QUICK,
            pool=Pool(
                ChildSpec("reader", "actors.media.worker_actor:MediaWorker", config[kind], ready_ms=120_000),
                settings.media_pool.workers,
            ),
        )
        for kind in MEDIA_KINDS
    )
    gallery = ChildSpec("gallery", "actors.media.gallery_actor:GalleryActor", config["document"])
    return (SupervisorSpec("media", backoff=QUICK, intensity=10, period_s=60.0, children=(*pools, gallery)),)
