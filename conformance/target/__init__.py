"""The target of a run: its file, its credentials, its secrets."""
