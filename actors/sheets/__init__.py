"""Sinks for rows: the embedded SQLite one and Google Sheets."""
