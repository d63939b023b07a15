"""The entry point of the command line: `mockserver`, and `python -m mockserver`."""

import gc


def main() -> None:
    """Run the command line.

    Nearly all that is made before the server is ready stays: until then, the garbage collector would only look at it
    again and again.
    """
    gc.disable()
    from mockserver.cli import main as run  # noqa: PLC0415 - that is most of what is made

    run(prog_name="mockserver")


if __name__ == "__main__":
    main()
