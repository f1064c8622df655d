"""The hand-written training corpus, its reader, and the slot substitution that varies it."""
