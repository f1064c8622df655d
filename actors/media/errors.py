"""What can go wrong with a file."""


class MediaError(Exception):
    """Base of this folder's errors; its text is one clear line for a person."""


class UnreadableError(MediaError):
    """The content is damaged, empty, of an unknown type, or not what its type asks for."""


class TooLargeError(MediaError):
    """Reading it would take more memory, pixels, pages or bytes than is allowed."""


class ProtectedError(MediaError):
    """It is encrypted and needs a password."""


class EngineUnavailableError(MediaError):
    """No engine, or no model for the asked language, is here."""


class GalleryError(MediaError):
    """The gallery cannot do what was asked."""
