#!/usr/bin/env bash
# Puts what the branch athena-gate/synthesized shall hold into the folder publish/, from cdktf.out.
#
#   collect.sh report|stop [STACK...]
#
# Compares with what the branch holds now (its last fetch). Where that has a stack that gate.hcl no
# longer has, `stop` ends with 1, because its workspace would plan to destroy nothing any more: the
# folder it works in would be gone. Each STACK has been destroyed, or its state was moved.
set -euo pipefail

removed="$1"
shift
rm -rf published publish
mkdir published publish

if git rev-parse --verify --quiet origin/athena-gate/synthesized > /dev/null; then
  git archive origin/athena-gate/synthesized | tar -x -C published
  python3 - "$@" << 'END'
import json, pathlib, sys
file = pathlib.Path("published/manifest.json")
manifest = json.loads(file.read_text())
for stack in sys.argv[1:]:
    if not manifest["stacks"].pop(stack, None):
        sys.exit(f"the branch athena-gate/synthesized has no stack {stack}; it has: "
                 + ", ".join(manifest["stacks"]))
file.write_text(json.dumps(manifest))
END
  if ! gate check --against published; then
    cat >&2 << 'END'
Workspaces that HCP Terraform runs from the branch are destroyed in HCP Terraform: in the
workspace, Settings, Destruction and Deletion, Queue destroy plan; then delete the workspace.
Run this pipeline again with "settled" naming the stacks, as in: settled=dot-reporting
END
    if [ "$removed" = stop ]; then
      exit 1
    fi
  fi
fi

cp cdktf.out/manifest.json publish/
for stack in $(python3 -c 'import json; print(*json.load(open("publish/manifest.json"))["stacks"])'); do
  mkdir -p "publish/stacks/$stack"
  for file in cdk.tf.json .terraform.lock.hcl; do
    if [ -e "cdktf.out/stacks/$stack/$file" ]; then
      cp "cdktf.out/stacks/$stack/$file" "publish/stacks/$stack/"
    fi
  done
done
