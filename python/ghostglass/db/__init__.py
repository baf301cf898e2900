"""Adapters of database drivers, one file each; none is imported unless its driver was.

Each has `instrument(emitter)` and `uninstrument(emitter=None)`. What they record is the redacted
statement, names, counts and times: never a parameter, a document or a message.
"""
