"""Intent: static embeddings and character n-grams first, the transformer for what they leave uncertain."""
