"""Settings of the understanding of text."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

DEFAULT_MODELS = Path(__file__).resolve().parents[2] / "models"
"""Where set-up builds the models: beside the packages."""


class LanguageSettings(BaseModel):
    """How messages are understood.

    Attributes:
        models: the model folder that ``majlis train`` writes.
        intent_threshold: an intent is given where it and ``other`` weigh at least this much for it; see
            ``intent/decision.py`` for what is compared.
        entity_threshold: entities below this confidence are left out.
        ask_below: the transformer is asked where the first stage's calibrated confidence stays below this.
        rules_ms, model_ms, context_ms: layer budgets, milliseconds a message.
        cache: how many texts the cache holds.
        batch: messages a transformer batch.
        threads: of ONNX Runtime in a worker.
        flair_model: a Flair model by name or path to use for names instead of the built one ("" for the built one);
            a name needs internet.
        names_model: a transformers token classifier to use for names instead, likewise.
        sentiment_model: a transformers sequence classifier to use for sentiment instead, likewise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: Path = DEFAULT_MODELS
    intent_threshold: float = Field(0.75, ge=0, le=1)
    entity_threshold: float = Field(0.7, ge=0, le=1)
    ask_below: float = Field(0.8, ge=0, le=1)
    rules_ms: float = Field(10.0, gt=0)
    model_ms: float = Field(50.0, gt=0)
    context_ms: float = Field(5.0, gt=0)
    cache: int = Field(20_000, ge=0)
    batch: int = Field(32, ge=1, le=256)
    threads: int = Field(1, ge=1, le=16)
    flair_model: str = ""
    names_model: str = ""
    sentiment_model: str = ""

    @model_validator(mode="after")
    def _one_finder_of_names(self) -> LanguageSettings:
        if self.flair_model and self.names_model:
            raise ValueError("flair_model and names_model both find names: set one of them")
        return self
