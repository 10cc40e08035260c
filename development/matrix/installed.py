"""What `athena_gate.modules.bindings` picks in this environment, as JSON: ``python -m
development.matrix.installed``."""

import importlib.metadata
import json
import tempfile
from pathlib import Path

from athena_gate.modules.bindings import App, AwsProvider, TerraformStack


def installed() -> dict[str, str]:
    """Return engine and binding with their versions, and the provider's version that the binding
    was made from, which it writes into the JSON unless a stack overrides it."""
    engine, binding = (
        some.__module__.split(".")[0].replace("_", "-") for some in (App, AwsProvider)
    )
    with tempfile.TemporaryDirectory() as folder:
        app = App(outdir=folder)
        stack = TerraformStack(app, "probe")
        AwsProvider(stack, "aws", region="eu-central-1")
        app.synth()
        document = json.loads((Path(folder) / "stacks" / "probe" / "cdk.tf.json").read_text())
    return {
        "engine": engine,
        "engine_version": importlib.metadata.version(engine),
        "binding": binding,
        "binding_version": importlib.metadata.version(binding),
        "schema": document["terraform"]["required_providers"]["aws"]["version"],
    }


if __name__ == "__main__":
    print(json.dumps(installed()))
