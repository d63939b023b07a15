"""A mock server for the docker.io Accounts API that keeps state and enforces its contract."""
