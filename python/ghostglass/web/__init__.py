"""Requests that come in: a room for WSGI, one for ASGI, and a file per framework on top of them.

Nothing is imported here, so that a program pays only for the framework it uses.
"""
