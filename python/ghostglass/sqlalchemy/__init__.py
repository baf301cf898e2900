"""SQLAlchemy, engine by engine: see `instrumentation`. All engines: `ghostglass.db.sqlalchemy`."""
