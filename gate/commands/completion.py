"""The command `gate completion`."""

from typing import Annotated, Literal

import typer


def completion(
    shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument(help="Your shell.")],
) -> None:
    """Print what makes a shell complete gate's commands and options.

    bash: gate completion bash > ~/.local/share/bash-completion/completions/gate

    zsh: gate completion zsh > "${fpath[1]}/_gate"

    fish: gate completion fish > ~/.config/fish/completions/gate.fish
    """
    from athena_gate.gate.completion import script

    print(script(shell))
