"""An actor that asks a media worker, as a shard would."""

from __future__ import annotations

import json
from typing import Any

from messages.media import MediaBatch, MediaResultBatch, Reacted, ReadItem
from messages.wire import Wire
from supervision.process_actor import Address, ProcessActor


class Asker(ProcessActor):
    """Sends batches on admin request and keeps the answers."""

    accepts = MediaResultBatch

    def started(self, config: bytes) -> None:
        """Begin without answers."""
        self._answers: dict[int, MediaResultBatch] = {}

    def received(self, message: Wire, sender: Address) -> None:
        """Keep an answer."""
        if isinstance(message, MediaResultBatch):
            self._answers[message.batch] = message

    def admin(self, verb: str, arguments: dict[str, str]) -> dict[str, Any]:
        """``ask``: send a batch. ``answer``: give one. ``react``: tell the gallery."""
        if verb == "react":
            reacted = Reacted(conversation="c1", message_id="m1", sender="omar", emoji=arguments["emoji"])
            return {"sent": self.tell_name(arguments["to"], reacted)}
        number = int(arguments["batch"])
        if verb == "ask":
            items = tuple(ReadItem(**fields) for fields in json.loads(arguments["items"]))
            batch = MediaBatch(batch=number, shard=self.name, deadline_ms=int(arguments["deadline"]), items=items)
            return {"sent": self.tell_name(arguments["to"], batch)}
        answer = self._answers.get(number)
        if answer is None:
            return {}
        results = [{"key": one.key, "text": one.reading.text, "error": one.reading.error} for one in answer.results]
        return {"answer": results}
