"""The data before a run, the file that keeps it, and putting it back."""
