"""The ASGI middleware with the options of the original. How is in `ghostglass.web.starlette`.

Rates of routes are looked up by template. What a sampler keeps depends on the trace alone, so that
all services keep the same traces: `random_seed` and `rng` are accepted and change nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghostglass import _native
from ghostglass.web.starlette import GhostMiddleware

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ghostglass.web import asgi

__all__ = ["ASGIConfig", "GhostglassASGIMiddleware"]


class ASGIConfig:
    """Which requests are left out, and which share of the others is kept."""

    def __init__(  # noqa: PLR0913 - the original's
        self,
        *,
        sampling_rate: float = 1.0,
        route_excludes: Iterable[str] | None = None,
        route_overrides: Iterable[tuple[str, float]] | None = None,
        always_sample_errors: bool = True,
        random_seed: int | None = None,
        rng: Callable[[], float] | None = None,
    ) -> None:
        """Keep the options; a rate that is none is an error here and not at the first request."""
        if not 0.0 <= sampling_rate <= 1.0:
            msg = f"sampling_rate must be between 0 and 1, not {sampling_rate}"
            raise ValueError(msg)
        self.sampling_rate = sampling_rate
        self.route_excludes = list(route_excludes or ())
        self.route_overrides = list(route_overrides or ())
        self.always_sample_errors = always_sample_errors
        self.random_seed = random_seed
        self.rng = rng

    def sampler(self) -> _native.Sampler:
        """Give the sampler that these options describe."""
        return _native.Sampler(
            self.sampling_rate,
            routes=dict(self.route_overrides),
            on_error=self.always_sample_errors,
        )


class GhostglassASGIMiddleware(GhostMiddleware):
    """`app.add_middleware(GhostglassASGIMiddleware, emitter=…, config=…)`."""

    def __init__(
        self, app: asgi.App, emitter: _native.Emitter, config: ASGIConfig | None = None
    ) -> None:
        """Wrap the rest of the middleware stack."""
        config = config or ASGIConfig()
        super().__init__(
            app,
            emitter=emitter,
            exclude_routes=config.route_excludes,
            sample=config.sampler(),
        )
