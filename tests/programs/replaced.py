"""Replaces itself three times by `execv`, counting down on the command line."""

import os
import sys

left = int(sys.argv[1]) if len(sys.argv) > 1 else 3
print("left", left, flush=True)
if left:
    os.execv(sys.executable, [sys.executable, __file__, str(left - 1), "--kept option"])
print(sys.argv[1:])
sys.exit(5)
