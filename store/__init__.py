"""Durable storage on LMDB: the data folder, logs, partition state."""
