"""Flask, at the place where the names of the original are. Nothing is imported here."""
