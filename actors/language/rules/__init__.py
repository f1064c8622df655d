"""The rule layer: what grammar and lists can find in a message, without a model."""
