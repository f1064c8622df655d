"""Typed, versioned messages: everything that crosses a process or lands on disk."""
