"""Conversations as actors: lock, order, state and threads."""
