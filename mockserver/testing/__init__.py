"""Helpers for tests of users: a server for a run of tests, and a sandbox for each test."""
