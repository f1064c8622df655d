"""Play WhatsApp for a gateway that runs already: ``python -m stress.whatsapp_server --gateway-port 8080 --secret ...``.

Delivers messages at a rate and takes the replies; point ``whatsapp.graph_url`` of the gateway's settings at the address
that it prints, with the access token ``graph-token``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

from stress.whatsapp_server.faults import Faults
from stress.whatsapp_server.local_whatsapp import LocalWhatsApp
from stress.whatsapp_server.traffic import Mix, Traffic


def main() -> None:
    """Run it, and print what was delivered and what landed as one JSON line."""
    parser = argparse.ArgumentParser(prog="python -m stress.whatsapp_server", description=__doc__)
    parser.add_argument("--gateway-port", type=int, required=True)
    parser.add_argument("--secret", required=True, help="the app secret that the gateway checks")
    parser.add_argument("--path", default="/webhooks/whatsapp")
    parser.add_argument("--port", type=int, default=0, help="where sends and media are served; 0 takes a free one")
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--batch", type=int, default=1, help="messages in one body, at most 1000")
    parser.add_argument("--per-s", type=float, default=100.0, help="messages a second; 0 for as fast as answered")
    parser.add_argument("--duplicates", type=float, default=0.02, help="share of messages that come again")
    parser.add_argument("--swapped", type=float, default=0.03, help="share that changes places with the next")
    parser.add_argument("--status-late-s", type=float, default=1.0)
    parser.add_argument("--status-twice", type=float, default=0.05)
    parser.add_argument("--lost-answer", type=float, default=0.0, help="share of sends that are taken without answer")
    parser.add_argument("--linger-s", type=float, default=10.0, help="wait so long for replies at the end")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    faults = Faults(lost_answer=asked.lost_answer, status_twice=asked.status_twice, status_late_s=asked.status_late_s)
    traffic = Traffic(
        asked.seed,
        people=asked.people,
        mix=Mix(duplicates=asked.duplicates, swapped=asked.swapped),
        start_s=int(time.time()),
        per_s=max(1.0, asked.per_s or 1000.0),
    )
    with LocalWhatsApp(
        secret=asked.secret, webhook_path=asked.path, faults=faults, seed=asked.seed, port=asked.port
    ) as server:
        sys.stdout.write(json.dumps({"graph_url": server.graph_url}) + "\n")
        sys.stdout.flush()
        server.connect(asked.gateway_port)
        updates = traffic.disorder(traffic.messages(asked.messages))
        size = min(1000, max(1, asked.batch))
        began = time.perf_counter()
        server.deliver(traffic.channel, updates, size=size, per_s=asked.per_s / size)
        seconds = time.perf_counter() - began
        time.sleep(asked.linger_s)
        report = {
            "delivered": len(updates),
            "seconds": round(seconds, 2),
            "answers": {str(status): count for status, count in sorted(server.deliverer.answers.items())},
            "redelivered": server.deliverer.redelivered,
            "replies_landed": len(server.api.landed),
            "sends_refused": {str(code): count for code, count in sorted(server.api.refused.items())},
        }
        sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
