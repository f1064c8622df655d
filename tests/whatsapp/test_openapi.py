from __future__ import annotations

import time
from itertools import count
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok

from actors.whatsapp.signature import sign_timed
from tests.whatsapp.conftest import GENERIC_SECRET, Gateway

# Each signature is taken once, and the same body signed in the same second has the same.
moments = count()


def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
    body = request.body or b""
    raw = body.encode() if isinstance(body, str) else body
    assert isinstance(raw, bytes)
    request.headers["X-Majlis-Signature"] = sign_timed(
        GENERIC_SECRET, raw, int(time.time()) - 200 + next(moments) % 400
    )
    return request


def test_the_generic_webhook_does_what_its_description_says(gateway: Gateway) -> None:
    document = gateway.client.get("/openapi.json").json()
    # Signatures are made below, after the case: what the description says of them is tested with the application.
    del document["paths"]["/v1/messages"]["post"]["security"]
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=gateway.url)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert [operation.label for operation in operations] == ["POST /v1/messages"]
    taken = 0

    for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):

        @settings(
            max_examples=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],
        )
        @given(case=operations[0].as_strategy(generation_mode=mode))
        def check(case: schemathesis.Case[Any]) -> None:
            nonlocal taken
            response = case.call(auth=sign)
            if response.status_code == 413:
                return  # longer than 3 MB: refused before its schema was looked at
            case.validate_response(response)
            assert response.status_code in {200, 422}
            taken += response.status_code == 200

        check()
    assert taken > 20
    assert gateway.kept.messages
