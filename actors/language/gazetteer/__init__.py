"""Known names: places, projects and the closed vocabularies of property talk, in files that a user can extend."""

from actors.language.gazetteer.load import Entry, Gazetteer, GazetteerError, configured

__all__ = ["Entry", "Gazetteer", "GazetteerError", "configured"]
