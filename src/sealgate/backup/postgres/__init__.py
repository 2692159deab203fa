"""Backups of PostgreSQL by its own tools: a base by `pg_basebackup`, and behind it the log that `pg_receivewal` receives."""
