"""`python -m tests.conformance.independent`."""

from tests.conformance.independent.server import main

main()
