"""Conversation flow: what a conversation is about, when that changes, and its threads."""
