"""Real servers and drivers for tests: how each is found, started and ended.

What is observed, and what must come out, is the business of the tests that ask for them.
"""
