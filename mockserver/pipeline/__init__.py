"""One request's way: a file per stage, and what travels."""
