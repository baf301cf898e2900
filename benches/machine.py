"""What was measured on: processor, kernel, interpreter builds. No names of hosts, users or folders."""

import json
import os
import platform
import subprocess
from pathlib import Path

from modes import Interpreter

FACTS = """
import importlib.metadata, json, platform, sys, sysconfig
names = {d.metadata["Name"].lower(): d.version for d in importlib.metadata.distributions()}
words = " ".join(str(sysconfig.get_config_var(k)) for k in ("CONFIG_ARGS", "PY_CFLAGS", "PY_CORE_CFLAGS"))
words = words.split()
level = [w for w in words if w in ("-O0", "-O1", "-O2", "-O3")][-1:]
marks = [m for m in ("--enable-optimizations", "--with-lto") if any(m in w for w in words)]
if any("experimental-jit" in w for w in words): marks.append("JIT built in, off")
compiler, build = platform.python_compiler(), platform.python_build()[1]
print(json.dumps([platform.python_version(), ", ".join([compiler, *level, *marks]), names]))
"""
"""Run by each interpreter; configure's folders stay there."""


def interpreter_at(python: Path) -> Interpreter:
    """Ask an interpreter what it is and what it has."""
    done = subprocess.run([str(python), "-I", "-c", FACTS], capture_output=True, text=True, check=True)
    release, build, installed = json.loads(done.stdout)
    return Interpreter(python, release, build, installed)


def processor() -> str:
    """Return the model of the processor, the number of cores, and whether it is a virtual one."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    clean = {name.strip(): value.strip() for name, value in fields.items()}
    ident = f"family {clean.get('cpu family', '?')}, model {clean.get('model', '?')}"
    virtual = ", virtual machine" if "hypervisor" in clean.get("flags", "").split() else ""
    return f"{clean.get('model name', platform.machine())} ({ident}), {os.cpu_count()} cores{virtual}"


def kernel() -> str:
    """Return the kernel's version without what its builder put behind it."""
    return platform.release().partition("-")[0]


def description(interpreters: list[Interpreter], load: float) -> list[str]:
    """Describe the machine, one Markdown list item per fact."""
    lines = [
        f"- processor: {processor()}",
        f"- system: {platform.system()} {kernel()}, {' '.join(platform.libc_ver())}",
        f"- load average before the first process: {load:.1f}",
    ]
    lines.extend(f"- CPython {i.release}: {i.build}" for i in interpreters)
    return lines
