"""A run from start to verdict, and its doors."""
