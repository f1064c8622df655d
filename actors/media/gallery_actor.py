"""MediaGalleryService's actor: reactions, the quota, and admin messages about the kept media."""

from __future__ import annotations

from typing import Any

from actors.media.content_store import ContentStore
from actors.media.errors import GalleryError
from actors.media.gallery import Gallery, as_object
from actors.media.gallery_index import Query
from actors.media.settings import MediaWorkerConfig
from messages.doorbell import OriginalsReplaced
from messages.media import FilesThreaded, Reacted
from messages.wire import Wire
from supervision.errors import AdminError, UnknownVerbError
from supervision.process_actor import Address, ProcessActor

_FIRST_LOOK_S = 5.0


class GalleryActor(ProcessActor):
    """Looks after the gallery beside the media workers, which enter what they read themselves."""

    accepts = Reacted | FilesThreaded | OriginalsReplaced

    def started(self, config: bytes) -> None:
        """Open the gallery.

        Args:
            config: a ``MediaWorkerConfig`` as JSON, with its folder.

        Raises:
            GalleryError: no folder was configured.
        """
        told = MediaWorkerConfig.model_validate_json(config)
        if told.folder is None:
            raise GalleryError("the gallery has no folder")
        self._gallery = Gallery(ContentStore(told.folder), told.gallery, writable=True)
        self._every_s = told.gallery.quota_every_s
        self.counters.update(reactions=0, archived=0, forgotten=0)
        # Soon after the start too: a system that never runs for long would outgrow its quota.
        self.timers.after(min(_FIRST_LOOK_S, self._every_s), self._look_after_quota, key="quota")

    def received(self, message: Wire, sender: Address) -> None:  # noqa: ARG002
        """Note a reaction or a thread, or delete originals whose cleaned contents stand on rows now."""
        if isinstance(message, OriginalsReplaced):
            self.counters["originals_dropped"] += sum(self._gallery.drop_original(each) for each in message.sha256)
        if isinstance(message, FilesThreaded):
            self._gallery.set_thread(message.conversation, message.message_id, message.thread)
        if isinstance(message, Reacted):
            self._gallery.react(message.conversation, message.message_id, message.sender, message.emoji)
            self.counters["reactions"] += 1

    def admin(self, verb: str, arguments: dict[str, str]) -> dict[str, Any]:
        """Answer ``find`` (unit, conversation, sender, text), ``forget`` (person) and ``quota``."""
        if verb == "find":
            unit, conversation, sender, text = (
                arguments.get(name, "") for name in ("unit", "conversation", "sender", "text")
            )
            query = Query(unit=unit, conversation=conversation, sender=sender, text=text)
            return {"entries": [as_object(entry) for entry in self._gallery.find(query)]}
        if verb == "forget":
            if not arguments.get("person"):
                raise AdminError("whom to forget: person=...")
            gone = self._gallery.forget(arguments["person"])
            self.counters["forgotten"] += gone.entries
            return gone._asdict()
        if verb == "quota":
            before = self.counters["archived"]
            self._look_after_quota()
            return {"archived": self.counters["archived"] - before}
        raise UnknownVerbError(f"the gallery does not know {verb!r}")

    def stopping(self, reason: str) -> None:  # noqa: ARG002
        """Close the gallery."""
        self._gallery.close()

    def _look_after_quota(self) -> None:
        self.counters["archived"] += len(self._gallery.enforce_quota())
        self.timers.after(self._every_s, self._look_after_quota, key="quota")
