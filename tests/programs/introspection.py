"""Prints everything a program can read about how it was started."""

import os
import sys

import __main__

print("name", __name__, "file", __file__, "spec", __spec__, "package", __package__)
print("loader", type(__loader__).__name__, "doc", __doc__, "cached", globals().get("__cached__"))
print("argv", sys.argv, "orig", [os.path.basename(word) for word in sys.orig_argv])
print("path", sys.path)
print("flags", sys.flags)
print("main", sorted(vars(__main__)), __main__.__dict__ is globals())
print("hooks", sys.gettrace(), sys.getprofile(), sys.excepthook is sys.__excepthook__)
print("limits", sys.getrecursionlimit(), sys.getswitchinterval(), sys.warnoptions)
print("frames", sys._getframe().f_back, sys._getframe().f_code.co_name)
print("parents", os.getpgrp() == os.getpgid(0), os.getsid(0) == os.getsid(os.getppid()))
print("executable", sys.executable, sys.prefix, sys.base_prefix)
print("cwd", os.getcwd(), "umask", os.umask(0o22))
