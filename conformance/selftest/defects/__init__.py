"""Deliberate defects: each module adds its own to `changes.CHANGES` when it is imported."""
