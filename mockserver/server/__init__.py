"""The server around the application: connections, exchanges, the log, background tasks."""
