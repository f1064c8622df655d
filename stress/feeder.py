"""A feeding process: sends numbered messages of many conversations through the local feed, and writes down how far.

``python -m stress.feeder FOLDER ...``; what was acknowledged is in the progress file, so that a successor of a killed
feeder goes on behind it. What was on its way when it died is sent again, and must not be recorded twice.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from pathlib import Path
from typing import Annotated

import typer

from actors.whatsapp.feed_port import read_port
from actors.whatsapp.local_feed import FeedClient
from messages.inbound import Inbound
from store.folder import DataFolder
from stress.agency_texts import texts

TEXTS = 997


def message_of(number: int, conversations: int, samples: list[str], run: str, prefix: str) -> Inbound:
    """Make the message of a number: conversations take turns, so that each has its own in rising order.

    Args:
        number: from 0.
        conversations: how many there are.
        samples: texts to take from.
        run: the feed's name.
        prefix: before the conversation's number.

    Returns:
        the message; its id is its number.
    """
    conversation = number % conversations
    return Inbound(
        id=str(number),
        source="stress",
        conversation=f"{prefix}{conversation}",
        sender=f"+97150{conversation:07d}",
        text=samples[number % len(samples)],
        sent_ms=1_700_000_000_000 + number,
        utc_offset_min=240,
        run=run,
    )


def feed(
    folder: Annotated[Path, typer.Argument()],
    total: Annotated[int, typer.Option()] = 10_000,
    start: Annotated[int, typer.Option()] = 0,
    conversations: Annotated[int, typer.Option()] = 2_000,
    rate: Annotated[float, typer.Option(help="Messages a second; 0 for as fast as it goes.")] = 0.0,
    batch: Annotated[int, typer.Option()] = 512,
    run: Annotated[str, typer.Option()] = "",
    prefix: Annotated[str, typer.Option()] = "c",
    distinct: Annotated[int, typer.Option(help="Different texts; those beyond them come again.")] = TEXTS,
    progress: Annotated[Path | None, typer.Option(help="File that holds how many were acknowledged.")] = None,
) -> None:
    """Feed messages ``start`` to ``total`` into the system that runs on a folder; print a JSON line at the end."""
    data = DataFolder.open(folder)
    run = run or f"feeder-{uuid.uuid4().hex[:12]}"
    client = FeedClient(lambda: read_port(data.path), data.frame_key(), run=run, patience_s=120.0)
    samples = texts(distinct)
    began_at, began = time.time(), time.monotonic()
    number = start
    while number < total:
        size = batch
        if rate > 0:
            due = start + int((time.monotonic() - began) * rate) + 1
            size = min(batch, due - number)
            if size <= 0:
                time.sleep(0.002)
                continue
        end = min(total, number + size)
        client.send([message_of(n, conversations, samples, run, prefix) for n in range(number, end)])
        number = end
        if progress is not None:
            temporary = progress.with_suffix(f".{os.getpid()}")
            temporary.write_text(str(number))
            temporary.replace(progress)
    client.close()
    seconds = time.monotonic() - began
    told = {"sent": total - start, "began": began_at, "seconds": round(seconds, 3), "run": run}
    typer.echo(json.dumps(told))


if __name__ == "__main__":
    typer.run(feed)
