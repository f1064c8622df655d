"""The base of this folder's errors."""


class LanguageError(Exception):
    """Something in the understanding of text failed; every error of this folder derives from it."""
