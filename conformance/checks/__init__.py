"""The checks, by subject. Each says with `@proves(...)` which requirements it is about."""
