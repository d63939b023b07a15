"""A run from start to verdict, and its entry points."""
