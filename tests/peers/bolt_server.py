"""The process of the Bolt server: `bolt_server.py FOLDER HTTP_PORT BOLT_PORT PASSWORD`.

Runs with the interpreter and the packages that `cargo xtask peers` put together, not with those of the tests.
"""

from __future__ import annotations

import signal
import sys

from arcadedb_embedded.server import ArcadeDBServer

folder, http_port, bolt_port, password = sys.argv[1:]
server = ArcadeDBServer(
    root_path=folder,
    root_password=password,
    config={
        "host": "127.0.0.1",
        "http_port": int(http_port),
        "server_plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
        "bolt_port": int(bolt_port),
    },
    jvm_kwargs={"heap_size": "512m"},
)
server.start()
signal.pause()
