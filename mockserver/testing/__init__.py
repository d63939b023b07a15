"""Where tests are written: a server for a run of tests, and a sandbox for each test."""
