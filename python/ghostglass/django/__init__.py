"""Django, at the place where the names of the other frameworks are. Nothing is imported here."""
