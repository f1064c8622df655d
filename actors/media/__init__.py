"""Reading of pictures, voice notes and documents, and the gallery that keeps them."""
