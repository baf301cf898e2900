"""`python -m ghostglass`: the same as the command `ghost`, for when it is not on PATH.

This process becomes the native binary; no command is implemented in Python.
"""

import os
import sys
import sysconfig


def script_folders() -> list[str]:
    """List the folders an installer may have put the binary in, the likeliest first."""
    beside_interpreter = os.path.dirname(os.path.abspath(sys.executable))
    user_scheme = sysconfig.get_preferred_scheme("user")
    return [
        beside_interpreter,
        sysconfig.get_path("scripts"),
        sysconfig.get_path("scripts", user_scheme),
    ]


def find_binary() -> str | None:
    """Find the native binary that was installed together with this package."""
    name = "ghost" + (sysconfig.get_config_var("EXE") or "")
    for folder in script_folders():
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK):
            return path
    return None


def main() -> int:
    """Become the native binary; return only if that is impossible."""
    binary = find_binary()
    if binary is None:
        looked_at = ", ".join(f"`{folder}`" for folder in dict.fromkeys(script_folders()))
        print(f"ghost: no `ghost` binary in {looked_at}", file=sys.stderr)
        print("\nhint: python -m pip install --force-reinstall ghostglass", file=sys.stderr)
        return 3
    try:
        os.execv(binary, [binary, *sys.argv[1:]])  # noqa: S606 - our own binary, no shell wanted
    except OSError as error:
        print(f"ghost: cannot start `{binary}`: {error.strerror}", file=sys.stderr)
    return 3


if __name__ == "__main__":
    sys.exit(main())
