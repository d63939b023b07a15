"""One recorded exchange with the target."""
