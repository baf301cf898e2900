"""Runs this interpreter again: output, input, a failure and a signal."""

import signal
import subprocess
import sys

run = subprocess.run
print(run([sys.executable, "-c", "print(input()[::-1])"], input="abc\n", text=True, capture_output=True).stdout)
print(run([sys.executable, "-c", "import sys; sys.exit('bad')"], capture_output=True, text=True))
killed = run([sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"])
print(signal.Signals(-killed.returncode).name)
print(run([sys.executable, "-m", "json.tool"], input='{"a":[1,2]}', text=True, capture_output=True).stdout)
print(run([sys.executable, "-I", "-S", "-c", "import sys; print(sys.flags.isolated)"], capture_output=True).stdout)
