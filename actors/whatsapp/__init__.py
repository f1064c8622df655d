"""WhatsApp in and out: gateway, exports, replies, delivery."""
