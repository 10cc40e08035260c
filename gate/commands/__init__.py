"""The commands as the command line knows them, a file each: options, what is printed, exit codes.

Nothing is imported here that the command line itself does not need: `gate check` takes a tenth of a
second, and the rooms of other commands would take as long again. Each imports its own when it runs.
"""
