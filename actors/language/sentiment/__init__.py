"""Sentiment: label, score and urgency from a text model, a lexicon and emoji; and a conversation's trend."""
