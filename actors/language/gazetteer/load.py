"""Read gazetteer files and look names up, exactly and with a small misspelling."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from actors.language.errors import LanguageError
from actors.language.gazetteer.arabizi_names import key_of, telling
from actors.language.gazetteer.near_names import NearNames
from actors.language.rules.fold import MARK, tokenize
from actors.language.rules.word_set import word_set
from messages.understanding import EntityType

KINDS: Final = ("location", "project", "property_type", "purpose", "feature", "person")
FLAGS: Final = frozenset({"cue", "cap", "misspelt"})
MOST_TOKENS: Final = 8
FILES_VARIABLE: Final = "MAJLIS_GAZETTEER"
SHORTEST_FUZZY: Final = 6
SHORTEST_FUZZY_ARABIC: Final = 9
SHORTEST_OWN: Final = 3
SHORTEST_FINAL: Final = 5


class GazetteerError(LanguageError):
    """A gazetteer file that cannot be used."""


class Entry(NamedTuple):
    """What a name stands for.

    Attributes:
        type: entity type.
        value: the normalised value.
        cue: the name is also an ordinary word: it counts only after a word like "in" or "near".
        cap: it counts with a capital letter, or after such a word.
        expand: the spelling is a short form, so that the value is the full name; else the value is what is written.
        written: the spelling itself, in lower case: the value where a text has it with a slip.
    """

    type: EntityType
    value: str
    cue: bool = False
    cap: bool = False
    expand: bool = False
    written: str = ""


def name_key(name: str) -> tuple[str, ...]:
    """Fold a name to the tokens by which it is found; marks between them do not count."""
    tokens = tokenize(name)
    return tuple(text for text, kind in zip(tokens.texts, tokens.kinds, strict=True) if kind != MARK)


def is_short_form(words: tuple[str, ...], canonical: tuple[str, ...]) -> bool:
    """Whether a spelling abbreviates a name ("jvc", "d3") rather than being a part or a variant of it ("barsha")."""
    short = "".join(words)
    if words[0][0] > "\u0600":
        return len(words) > 1 and all(word in _LETTERS for word in (words[0].removeprefix("ال"), *words[1:]))
    if any(len(word) == 1 and word.isalpha() and word not in canonical for word in words):
        return True
    return len(short) <= 4 and short.isascii() and not set(words) & set(canonical) and short != "".join(canonical)


# the names of Latin letters in Arabic: "جي بي ار"
_LETTERS: Final = word_set(
    "اي ايه بي سي دي اف جي جيه اتش ايتش كي كيه ال ام ان او بيه كيو ار اس تي تيه يو في فيه دبليو دابليو اكس واي زد"
)


class Gazetteer:
    """Names and what they stand for.

    A file is UTF-8, one name a line, columns separated by tabs: kind, canonical name, other spellings separated by
    ``|``, flags separated by ``,``; with the flag ``misspelt`` the value of a spelling is the name.
    Lines that start with ``#`` and empty ones are skipped. A later file wins. A two-letter country among the flags
    makes the name mean this only for that region where it has another meaning.

    Args:
        paths: further files, read after the ones that come with the package.
        own: kinds and names that are the user's own, such as the projects of a table of properties. They come last
            and never change what is known: names that are there already, without letters, shorter than three
            characters or of more than ``MOST_TOKENS`` words are passed over, and a single word counts with a capital
            letter or after a word like "in" only, since many projects are called by ordinary words.

    Raises:
        GazetteerError: a file cannot be read or a line is wrong; names the file and the line.
    """

    def __init__(
        self, paths: Iterable[Path] = (), *, builtin: bool = True, own: Iterable[tuple[str, str]] = ()
    ) -> None:
        self._entries: dict[str, Entry] = {}
        self._regional: dict[str, dict[str, Entry]] = {}
        self.persons: dict[str, Entry] = {}
        self.longest: dict[str, int] = {}
        self.by_consonants: dict[tuple[bool, str], Entry] = {}
        self.words_with_digits: frozenset[str] = frozenset()
        files = sorted(Path(__file__).parent.glob("*.tsv")) if builtin else []
        for path in [*files, *paths]:
            self._read(path)
        for kind, name in own:
            self._add_own(kind, name)
        self._index()

    def _add_own(self, kind: str, name: str) -> None:
        words = name_key(name)
        key = " ".join(words)
        lettered = sum(map(str.isalpha, key)) >= SHORTEST_OWN
        if not lettered or len(words) > MOST_TOKENS or key in self._entries or key in self.persons:
            return
        self.add(kind, name, (), frozenset({"cap"} if len(words) == 1 else ()))

    def adopt(self, other: Gazetteer) -> None:
        """Take over all that another gazetteer knows, in place of what this one knew.

        Who holds this gazetteer, such as an extractor in an engine, goes on with the new names.

        Args:
            other: not to be changed any more.
        """
        self._entries, self._regional = other._entries, other._regional
        self.persons, self.longest = other.persons, other.longest
        self.by_consonants = other.by_consonants
        self._index()

    def _index(self) -> None:
        names: dict[str, list[str]] = {}
        digits: set[str] = set()
        self.beginnings: set[str] = set()  # all but the last words of every name
        for key, entry in self._entries.items():
            space = key.find(" ")
            while space > 0:
                self.beginnings.add(key[:space])
                space = key.find(" ", space + 1)
            for word in key.split():
                if word[0].isdigit() and not word.isdigit():
                    digits.add(word)
            shortest = SHORTEST_FUZZY if key.isascii() else SHORTEST_FUZZY_ARABIC
            if entry.type in ("location", "project") and len(key) >= shortest and not entry.cue:
                names.setdefault(key[0], []).append(key)
        self.words_with_digits = frozenset(digits)
        self._names = names
        self.near = NearNames(self._entries)
        self.fuzzy = lru_cache(maxsize=65536)(self._fuzzy)

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str) -> Entry | None:
        """Look a folded name up; its tokens are separated by one space."""
        return self._entries.get(key)

    def regional(self, region: str) -> dict[str, Entry]:
        """The names that mean something else in one region, by folded name."""
        return self._regional.get(region, {})

    def add(self, kind: str, name: str, aliases: Sequence[str] = (), flags: frozenset[str] = frozenset()) -> None:
        """Add one name.

        Args:
            kind: one of ``KINDS``.
            name: canonical name; its lower case is the value.
            aliases: other spellings.
            flags: of ``FLAGS``.

        Raises:
            GazetteerError: an unknown kind or flag, or a name without letters.
        """
        if kind not in KINDS:
            raise GazetteerError(f"unknown kind {kind!r}: one of {', '.join(KINDS)}")
        for flag in flags - FLAGS:
            if not (len(flag) == 2 and flag.isalpha()):
                raise GazetteerError(f"unknown flag {flag!r}: cue, cap, misspelt, or a two-letter country")
        if not name_key(name):
            raise GazetteerError(f"the name {name!r} has no letters")
        value = " ".join(name.lower().split())
        regions = [flag.upper() for flag in flags if flag not in FLAGS]
        canonical = name_key(name)
        for alias in (name, *aliases):
            words = name_key(alias)
            if not words or len(words) > MOST_TOKENS:
                continue
            entry = Entry(
                kind,  # type: ignore[arg-type]
                value,
                "cue" in flags,
                "cap" in flags,
                kind in ("property_type", "purpose")
                or "misspelt" in flags
                or (kind != "feature" and is_short_form(words, canonical)),
                " ".join(alias.lower().split()),
            )
            self._put(words, entry, regions)
            if kind in ("location", "project"):
                self._put_spellings(words, entry)
            if words[0][0] > "\u0600":
                rest = words[1:]
                other = words[0][2:] if words[0].startswith("ال") else "ال" + words[0]
                if len(other) > 2:
                    # without its article a name is often an ordinary word: "وصل"
                    bare = not rest and not other.startswith("ال") and kind in ("location", "project")
                    self._put((other, *rest), entry._replace(cue=True) if bare else entry, regions, weak=True)
                if rest and not rest[0].startswith("ال"):
                    self._put((other, "ال" + rest[0], *rest[1:]), entry, regions, weak=True)

    def _put_spellings(self, words: tuple[str, ...], entry: Entry) -> None:
        """Add the spellings of a place that differ by rule: "جميره", "el tagamo3", "jumeirah lakes tower"."""
        if words[0][0] > "\u0600":
            if len(words[-1].removeprefix("ال")) >= SHORTEST_FINAL and words[-1].endswith("ا"):
                self._put((*words[:-1], words[-1][:-1] + "ه"), entry, weak=True)
            key = key_of(words) if len(words) <= 2 and not (entry.cue or entry.cap) else ""
            if key:
                self.by_consonants.setdefault((words[0].startswith("ال"), key), entry)
            return
        if len(words) > 2 and words[0] != "the" and words[-1].isalpha() and len(words[-1]) > 3 and not entry.cue:
            last = words[-1][:-1] if words[-1].endswith("s") else words[-1] + "s"
            self._put((*words[:-1], last), entry, weak=True)
        if words[0] == "el" and telling(words[-1]) and len(words) == 2:
            self._put(words[1:], entry, weak=True)
        elif words[0] not in ("el", "al", "the") and len(words) < MOST_TOKENS and any(map(telling, words)):
            self._put(("el", *words), entry, weak=True)

    def _put(self, words: tuple[str, ...], entry: Entry, regions: Sequence[str] = (), *, weak: bool = False) -> None:
        key = " ".join(words)
        if weak and key in self._entries:
            return
        if entry.type != "person" and len(words) > self.longest.get(words[0], 0):
            self.longest[words[0]] = len(words)
        if entry.type == "person":
            self.persons[key] = entry
            return
        for region in regions:
            self._regional.setdefault(region, {})[key] = entry
        if not regions or key not in self._entries:
            self._entries[key] = entry

    def _read(self, path: Path) -> None:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise GazetteerError(f"{path}: cannot be read: {error}") from error
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            columns = [column.strip() for column in line.split("\t")]
            if len(columns) < 2 or len(columns) > 4 or not columns[1]:
                raise GazetteerError(f"{path}:{number}: not 'kind<TAB>name[<TAB>aliases[<TAB>flags]]'")
            aliases = [alias.strip() for alias in columns[2].split("|") if alias.strip()] if len(columns) > 2 else []
            flags = (
                frozenset(flag.strip() for flag in columns[3].split(",") if flag.strip())
                if len(columns) > 3
                else frozenset()
            )
            try:
                self.add(columns[0], columns[1], aliases, flags)
            except GazetteerError as error:
                raise GazetteerError(f"{path}:{number}: {error}") from error

    def _fuzzy(self, key: str) -> Entry | None:
        """Find a place or project whose name is one slip away (two from twelve letters on).

        Args:
            key: a folded name of at least ``SHORTEST_FUZZY`` characters that is not known as it stands.

        Returns:
            the entry, or None where there is none or more than one equally near.
        """
        allowed = 2 if len(key) >= 12 else 1
        near = [name for name in self._names.get(key[0], ()) if abs(len(name) - len(key)) <= allowed]
        found = process.extract(key, near, scorer=OSA.distance, score_cutoff=allowed, limit=2)
        if not found or (
            len(found) == 2
            and found[0][1] == found[1][1]
            and self._entries[found[0][0]].value != self._entries[found[1][0]].value
        ):
            return None
        return self._entries[found[0][0]]


def configured(own: Iterable[tuple[str, str]] = ()) -> Gazetteer:
    """Read the built-in files and the user's own, which the environment variable ``MAJLIS_GAZETTEER`` names.

    Args:
        own: further kinds and names; see :class:`Gazetteer`.

    Returns:
        the gazetteer; several files are separated as in ``PATH``.

    Raises:
        GazetteerError: a file cannot be read or a line is wrong.
    """
    named = os.environ.get(FILES_VARIABLE, "")
    return Gazetteer([Path(name) for name in named.split(os.pathsep) if name], own=own)
