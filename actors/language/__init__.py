"""Understanding of text: entities, intent, sentiment, conversation flow."""
