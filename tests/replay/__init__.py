"""Reading of exports and JSONL."""
