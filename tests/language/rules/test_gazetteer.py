"""The gazetteer: its own files are sound, and a user's file adds to it or is refused by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.language.gazetteer import Gazetteer, GazetteerError
from actors.language.rules.extract import RuleExtractor


def find(extractor: RuleExtractor, text: str, region: str = "") -> list[tuple[str, str, str]]:
    return [(e.type, e.text, str(e.value)) for e in extractor.extract(text, sent_ms=0, region=region)]


def test_a_users_file_adds_names_with_their_short_forms(tmp_path: Path) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text(
        "# mine\n\nproject\tQuartz Lagoon Towers\tqlt|Quartz Lagoon\nlocation\tNorth Vantor\t\tcap\n", encoding="utf-8"
    )
    extractor = RuleExtractor(Gazetteer([path]))
    assert find(extractor, "is QLT close to quartz lagoon towers?") == [
        ("project", "QLT", "quartz lagoon towers"),
        ("project", "quartz lagoon towers", "quartz lagoon towers"),
    ]
    assert find(extractor, "the north vantor wind") == []
    assert find(extractor, "flats in north vantor")[-1] == ("location", "north vantor", "north vantor")


def test_a_users_name_wins_over_the_built_in_one(tmp_path: Path) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text("project\tJVC\n", encoding="utf-8")
    assert find(RuleExtractor(Gazetteer([path])), "villas in JVC")[-1] == ("project", "JVC", "jvc")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("location", "not 'kind<TAB>name"),
        ("planet\tMars", "unknown kind 'planet'"),
        ("location\t---", "no letters"),
        ("location\tX\t\tloud", "unknown flag 'loud'"),
        ("location\tX\ta\tcap\tmore", "not 'kind<TAB>name"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "bad.tsv"
    path.write_text(f"location\tFine\n{line}\n", encoding="utf-8")
    with pytest.raises(GazetteerError, match=r"bad\.tsv:2: ") as caught:
        Gazetteer([path])
    assert reason in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(GazetteerError, match=r"nowhere\.tsv"):
        Gazetteer([tmp_path / "nowhere.tsv"])
    (tmp_path / "bytes.tsv").write_bytes(b"\xff\xfe")
    with pytest.raises(GazetteerError, match=r"bytes\.tsv"):
        Gazetteer([tmp_path / "bytes.tsv"])


def test_the_built_in_files_are_broad() -> None:
    gazetteer = Gazetteer()
    assert len(gazetteer) > 4000
    for name in ("dubai marina", "jvc", "zamalek", "san jose", "canary wharf", "riyadh", "المعادي", "burj khalifa"):
        assert gazetteer.get(name) is not None, name


def test_a_misspelling_is_found_only_where_a_place_is_said() -> None:
    extractor = RuleExtractor()
    assert find(extractor, "flats in Discovry Gardens")[-1] == ("location", "Discovry Gardens", "discovery gardens")
    assert find(extractor, "an amazing discovery") == []
    assert find(extractor, "anything for the handover?") == []


def test_one_slip_of_a_short_name_is_not_guessed() -> None:
    assert find(RuleExtractor(), "cash in hand please") == []


def test_a_name_means_what_it_means_in_the_region() -> None:
    extractor = RuleExtractor()
    assert find(extractor, "a home in Mountain View", "EG")[0][0] == "project"
    assert find(extractor, "a home in Mountain View", "US")[0][0] == "location"


def test_a_short_form_is_expanded_and_a_part_of_a_name_is_not() -> None:
    found = find(RuleExtractor(), "JVC, DSO or Barsha")
    assert [value for _, _, value in found] == ["jumeirah village circle", "dubai silicon oasis", "barsha"]


def test_a_name_that_is_a_word_needs_its_capital_or_a_place_word() -> None:
    extractor = RuleExtractor()
    assert find(extractor, "that would be nice, reading your mail now") == []
    assert find(extractor, "moving to Reading")[0] == ("location", "Reading", "reading")


def test_the_environment_names_the_users_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text("project\tQuartz Lagoon\n", encoding="utf-8")
    monkeypatch.setenv("MAJLIS_GAZETTEER", str(path))
    assert find(RuleExtractor(), "is quartz lagoon ready?") == [("project", "quartz lagoon", "quartz lagoon")]
    monkeypatch.setenv("MAJLIS_GAZETTEER", str(tmp_path / "gone.tsv"))
    with pytest.raises(GazetteerError, match=r"gone\.tsv"):
        RuleExtractor()
