"""`gate doctor`: what on this machine would stop a deploy, and what to do about it.

Nothing is changed: AWS and HCP Terraform are only asked, and no file is written but Terraform's CLI
configuration in `.gate`, where a mirror takes the registry's place.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from athena_gate.gate.doctor import folder, machine, provider
from athena_gate.gate.doctor.finding import Check, Finding, look_at
from athena_gate.stacks.backends import CloudBackend
from athena_gate.stacks.configuration import Configuration


def examine(
    configuration: Configuration | None,
    file: Path,
    build: Path,
    waiting: Callable[[list[str]], None] = lambda _: None,
) -> list[Finding]:
    """Return what was found on this machine, and of ``configuration``, which stands in ``file``,
    its backend and accounts.

    ``build`` is the folder for what can be made again; ``waiting`` is told which checks take more
    than two seconds. Whatever waits on the network is given up after five of waiting.
    """
    checks = [
        Check("gate.hcl", partial(folder.first_step, file), local=True),
        Check("Python", machine.python, local=True),
        Check("Node for synth", machine.engine_node, local=True),
        Check("cdktf", machine.command_line, local=True),
        Check("Terraform", machine.terraform, local=True),
        # Terraform hashes 700 MB to compare a package with the lock, and the registry has three
        # seconds to answer.
        Check("provider", partial(provider.source_and_lock, build), local=True),
    ]
    return look_at(checks + (_of(configuration) if configuration else []), waiting)


def _of(configuration: Configuration) -> list[Check]:
    # Imported late: botocore takes a third of a second.
    from athena_gate.gate.doctor.aws import credentials
    from athena_gate.gate.doctor.backend import backend
    from athena_gate.gate.doctor.stacks import stacks
    from athena_gate.stacks.backends import BACKENDS

    settings = configuration.backend
    kind = next(name for name, model in BACKENDS.items() if isinstance(settings, model))
    used = {account.name for b in configuration.blocks for account in b.settings.accounts}

    def aside(account: str) -> str:
        if account not in used:
            return "no block uses the account"
        remote = isinstance(settings, CloudBackend)
        return "runs in HCP Terraform bring their own" if remote else ""

    return [
        Check(f'backend "{kind}"', partial(backend, settings)),
        *(
            Check(f'account "{name}"', partial(credentials, account, aside(name)))
            for name, account in configuration.accounts.items()
        ),
        # Each of its calls is given up by itself.
        Check("stacks", partial(stacks, configuration), local=True),
    ]
