"""Random programs whose behaviour is known, and two slow observers to hold ours against.

`program` writes self-counting programs, `observe` watches them in pure Python, `comparison` says
where two observations differ. Nothing here knows how the product works.
"""
