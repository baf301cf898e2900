"""ODBC drivers: SQLite3 and PostgreSQL Unicode, with the driver manager that pyodbc needs.

They are libraries, not servers: what uses them runs in a process with `variables` in its environment.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from peers import folder
from peers.postgresql import Postgresql

DRIVERS = {"SQLite3": "libsqlite3odbc.so", "PostgreSQL Unicode": "psqlodbcw.so"}


@dataclass(frozen=True)
class Odbc:
    """Drivers by name, and the environment in which pyodbc finds them."""

    variables: dict[str, str]

    def sqlite(self, file: Path) -> str:
        """A connection string for a file."""
        return f"DRIVER=SQLite3;DATABASE={file}"

    def postgresql(self, server: Postgresql) -> str:
        """A connection string for a server."""
        address = (
            f"SERVER={server.host};PORT={server.port};DATABASE={server.database};UID={server.user}"
        )
        return f"DRIVER=PostgreSQL Unicode;{address}"


def drivers(run_folder: Path) -> Odbc:
    """The drivers of this run."""
    settings = run_folder / "odbc"
    settings.mkdir(exist_ok=True)
    drivers = "".join(f"[{name}]\nDriver={library(file)}\n\n" for name, file in DRIVERS.items())
    (settings / "odbcinst.ini").write_text(drivers)
    (settings / "odbc.ini").write_text("")
    return Odbc(
        {
            "LD_LIBRARY_PATH": folder.libraries(folder.home("odbc")),
            "ODBCSYSINI": str(settings),
            "ODBCINI": str(settings / "odbc.ini"),
        }
    )


def library(file: str) -> Path:
    """The library of a driver."""
    return folder.program("odbc", f"/usr/lib/*-linux-gnu/odbc/{file}")
