"""Traces and metrics for any receiver of OpenTelemetry's protocol, sent by the relay.

What is not given here is what OpenTelemetry's `OTEL_…` variables say, as they do everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghostglass.exporters.relaying import RelayedExporter, Wish

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OTLPExporter"]


class OTLPExporter(RelayedExporter):
    """Send spans and metrics by OTLP: `http/protobuf` or `grpc`."""

    def __init__(  # noqa: PLR0913 - keywords, each of them optional
        self,
        endpoint: str | None = None,
        *,
        protocol: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        compression: str | None = None,
        service_name: str | None = None,
        resource_attributes: Mapping[str, str] | None = None,
    ) -> None:
        """Send to `endpoint`, else where `OTEL_EXPORTER_OTLP_ENDPOINT` says."""
        self.endpoint = endpoint
        self._variables = {
            name: value
            for name, value in (
                ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
                ("OTEL_EXPORTER_OTLP_HEADERS", _pairs(headers)),
                ("OTEL_EXPORTER_OTLP_TIMEOUT", _milliseconds(timeout)),
                ("OTEL_EXPORTER_OTLP_COMPRESSION", compression),
                ("OTEL_SERVICE_NAME", service_name),
                ("OTEL_RESOURCE_ATTRIBUTES", _pairs(resource_attributes)),
            )
            if value is not None
        }

    def __repr__(self) -> str:
        """Show neither endpoint nor headers: both may hold credentials."""
        return "OTLPExporter()"

    def _wish(self) -> Wish:
        exporter = "otlp" if self.endpoint is None else f"otlp={self.endpoint}"
        return {"exporter": exporter, "variables": self._variables}


def _pairs(pairs: Mapping[str, str] | None) -> str | None:
    """Write pairs as OpenTelemetry's variables have them."""
    if pairs is None:
        return None
    from urllib.parse import quote

    return ",".join(f"{quote(str(key))}={quote(str(value))}" for key, value in pairs.items())


def _milliseconds(seconds: float | None) -> str | None:
    return None if seconds is None else str(max(int(seconds * 1000), 1))
