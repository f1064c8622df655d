"""Train every model of the language pool from the corpus, reproducibly, and write the model folder."""
