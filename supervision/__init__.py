"""Supervisor trees after OTP: strategies, restart intensity, backoff, pools."""
