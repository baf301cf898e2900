"""The Flask extension, at the place of the original. How is in `ghostglass.web.flask`."""

from ghostglass.web.flask import GhostglassFlask

__all__ = ["GhostglassFlask"]
