"""Settings of the thread service."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class FlowSettings(BaseModel):
    """How long threads live and how many are kept.

    Attributes:
        idle_s: a thread without a message for so long is closed, seconds.
        reopen_s: a closed thread is taken up again by what it is about for so long, seconds; by its unit always.
        kept_threads: most threads kept in a conversation; of more, the oldest closed one is forgotten.
        kept_listed: most subjects remembered of a message that names several.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    idle_s: int = Field(default=1_800, ge=60)
    reopen_s: int = Field(default=14 * 86_400, ge=60)
    kept_threads: int = Field(default=12, ge=2, le=64)
    kept_listed: int = Field(default=6, ge=0, le=32)
