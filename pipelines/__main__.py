"""`python -m pipelines` is `kassavirta`."""

from pipelines.cli import main

if __name__ == "__main__":
    main()
