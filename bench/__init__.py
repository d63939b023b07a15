"""Benchmarks of the mock server against its peers, side by side on one machine."""
