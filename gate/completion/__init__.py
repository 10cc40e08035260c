"""`gate completion`: what makes a shell complete the words after `gate`."""

COMPLETE = "_GATE_COMPLETE"


def script(shell: str) -> str:
    """Return what ``shell`` (bash, zsh, fish) reads to complete `gate`."""
    from typer._completion_shared import get_completion_script

    return str(get_completion_script(prog_name="gate", complete_var=COMPLETE, shell=shell))
