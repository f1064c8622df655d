"""Meta's side of WhatsApp, played on this machine: webhooks, media and sends, with their limits and faults."""
