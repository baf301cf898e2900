"""Requests that go out: one file per client, each request a span and a hop of the trace.

Nothing is imported here, so that a program pays only for the client it uses.
"""
