"""Where to test, and as whom: the target file, credentials, secrets."""
