"""`python -m tuili`."""

from tuili.cli.app import main

if __name__ == "__main__":
    main()
