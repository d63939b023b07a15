"""The server around the application: connections, the response writer, the log, background tasks."""
