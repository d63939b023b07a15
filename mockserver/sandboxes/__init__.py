"""Sandboxes: each a world with its journal, faults and snapshots."""
