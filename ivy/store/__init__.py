"""The one SQLite file: plain functions of a connection or of a `Scope`, and the only SQL. May import: ports and below."""
