"""The command line, `gate`."""
