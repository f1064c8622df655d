"""Drives the system from outside: load, faults, and local stand-ins for Google and Meta."""
