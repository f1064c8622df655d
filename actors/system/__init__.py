"""What every process shares: settings, transport, boot and shutdown, the directory of addresses."""
