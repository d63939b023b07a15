"""A conformance suite for implementations of the docker.io Accounts API."""
