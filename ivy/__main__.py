"""`python -m ivy`: the same as `ivy`."""

from ivy.cli.app import main

main()
