"""Zero code: adapters switch themselves on when the program imports what they are for.

Nothing is imported here; `finder.install` is called once, at start-up under `ghost run`.
"""
