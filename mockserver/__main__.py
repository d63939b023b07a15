"""`python -m mockserver`: the command line."""

from mockserver.cli import main

if __name__ == "__main__":
    main(prog_name="mockserver")
