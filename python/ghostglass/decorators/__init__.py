"""Decorators, under the path of the reference."""
