"""Health and metrics, served apart from the gateway: on the loopback address unless settings say otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actors.whatsapp.gateway_metrics import CONTENT_TYPE


def create_admin_app(
    unhealthy: Callable[[], Sequence[str]],
    unready: Callable[[], Sequence[str]],
    expositions: Sequence[Callable[[], bytes]],
) -> Starlette:
    """Build the admin application.

    Args:
        unhealthy: gives what is broken beyond waiting; empty where the process is alive and well.
        unready: gives why nothing can be taken in now (draining, full, not started); empty where it can.
        expositions: each gives figures in Prometheus's text format.

    Returns:
        an application with ``/healthz``, ``/readyz`` and ``/metrics``.
    """

    def answer(problems: Sequence[str]) -> Response:
        body = {"status": "failing" if problems else "ok", "problems": list(problems)}
        return JSONResponse(body, status_code=503 if problems else 200, headers={"Cache-Control": "no-store"})

    async def healthz(_request: Request) -> Response:
        return answer(unhealthy())

    async def readyz(_request: Request) -> Response:
        return answer(unready())

    async def metrics(_request: Request) -> Response:
        return Response(b"".join(give() for give in expositions), headers={"Content-Type": CONTENT_TYPE})

    return Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)])
