"""The rules of the API: a world of accounts, the operations on it, and its state as data (no HTTP)."""
