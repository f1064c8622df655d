"""The embedded sink's rows."""
