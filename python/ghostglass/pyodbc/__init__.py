"""pyodbc, connection by connection: see `instrumentation`. All of them: `ghostglass.db.pyodbc`."""
