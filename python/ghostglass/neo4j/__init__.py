"""Neo4j, session by session: see `instrumentation`. All sessions: `ghostglass.db.neo4j`."""
