"""MongoDB, client by client: see `instrumentation`. All clients: `ghostglass.db.pymongo`."""
