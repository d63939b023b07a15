"""The proof of the suite: faulty servers that it must find, and legal ones that it must not accuse."""
