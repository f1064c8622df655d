from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from stress.sheets_server.process import ServerProcess

SINK = "sink@majlis-local.iam.gserviceaccount.com"
OWNER = "owner@example.com"


@pytest.fixture(scope="session")
def keys_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("sheets") / "state.db")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def key_file(keys_server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "sink.json"
    path.write_text(json.dumps(keys_server.control("keys", email=SINK)))
    return path


@pytest.fixture(scope="session")
def owner_key_file(keys_server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "owner.json"
    path.write_text(json.dumps(keys_server.control("keys", email=OWNER)))
    return path


@pytest.fixture
def server(keys_server: ServerProcess) -> Iterator[ServerProcess]:
    keys_server.control("limits", write_user=100000, write_project=100000, read_user=100000, read_project=100000)
    yield keys_server
    keys_server.control("faults", rate=0.0)


@pytest.fixture
def book(server: ServerProcess) -> str:
    return str(server.control("books", owner=OWNER, editors=[SINK])["spreadsheetId"])
