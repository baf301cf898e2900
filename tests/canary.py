"""Looking for one word in everything that was written, in every form it could have been left in.

What is written, and by whom, is the business of the tests.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path


def disguises(canary: str) -> dict[str, bytes]:
    """The canary in every form a careless writer could leave it in."""
    plain = canary.encode()
    forms = {
        "utf-8": plain,
        "utf-16-le": canary.encode("utf-16-le"),
        "utf-16-be": canary.encode("utf-16-be"),
        "utf-32-le": canary.encode("utf-32-le"),
        "hex": plain.hex().encode(),
        "hex upper": plain.hex().upper().encode(),
        "reversed": plain[::-1],
        "upper": plain.upper(),
        "first half": plain[: len(plain) // 2],
        "second half": plain[len(plain) // 2 :],
        "md5": hashlib.md5(plain).hexdigest().encode(),
        "sha1": hashlib.sha1(plain).digest(),
        "sha256": hashlib.sha256(plain).digest(),
        "sha256 hex": hashlib.sha256(plain).hexdigest().encode(),
    }
    for offset in range(3):
        # Base64 of a text that has the canary at any place: the part that does not depend on the rest.
        encoded = base64.b64encode(b"x" * offset + plain)
        forms[f"base64 at {offset}"] = encoded[4:-4]
    return forms


def leaks(folder: Path, canary: str) -> list[str]:
    """Where below a folder the canary stands, in file names too."""
    found = []
    forms = disguises(canary)
    for path in sorted(folder.rglob("*")):
        try:
            content = path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:
            continue
        content += str(path.relative_to(folder)).encode()
        found += [
            f"{path.relative_to(folder)}: {name}" for name, form in forms.items() if form in content
        ]
    return found
