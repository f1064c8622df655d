"""Settings of the circuit breaker."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class BreakerPolicy(BaseModel):
    """When the circuit opens and how it closes again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window_s: float = Field(60.0, gt=0, description="calls of so many seconds are looked at")
    minimum_calls: int = Field(5, ge=1, description="with fewer calls in the window it never opens")
    failure_rate: float = Field(0.5, gt=0, le=1, description="share of failures at which it opens")
    probes: int = Field(2, ge=1, description="calls that must succeed, one at a time, before it closes")
    open_s: float = Field(5.0, gt=0, description="how long it stays open the first time")
    max_open_s: float = Field(300.0, gt=0, description="how long it stays open at most")
    growth: float = Field(2.0, ge=1, description="factor by which the open time grows with each failed probe")
    jitter: float = Field(0.2, ge=0, le=1, description="share of the open time that varies at random")
