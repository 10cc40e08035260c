#!/usr/bin/env bash
# Runs Terraform in the folder of one stack after the other; with the backend "cloud" of gate.hcl
# the work is done in HCP Terraform. See pipelines/hcp-cli/README.md.
#
#   hcp.sh plan|apply [STACK...] [-- OPTION...]      all stacks, or those named
#   hcp.sh destroy STACK... [-- OPTION...]
set -euo pipefail

usage() {
  sed -n '5,6s/^# *//p' "$0" >&2
  exit 2
}

output="${CDKTF_OUTDIR:-cdktf.out}"
command="${1:-}"
case "$command" in
  plan | apply | destroy) shift ;;
  *) usage ;;
esac

stacks=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  stacks+=("$1")
  shift
done
if [ "${1:-}" = -- ]; then
  shift
fi

if [ ! -e "$output/manifest.json" ]; then
  echo "hcp.sh: $output/manifest.json is missing; run: gate synth" >&2
  exit 2
fi
if [ ${#stacks[@]} -eq 0 ]; then
  if [ "$command" = destroy ]; then
    usage
  fi
  mapfile -t stacks < <(
    python3 -I -c 'import json, sys; print(*json.load(open(sys.argv[1]))["stacks"], sep="\n")' \
      "$output/manifest.json"
  )
fi

for stack in "${stacks[@]}"; do
  folder="$output/stacks/$stack"
  # A stack whose block is gone from gate.hcl: gate synth keeps what destroys it.
  if [ "$command" = destroy ] && [ ! -e "$folder/cdk.tf.json" ]; then
    folder="$output/removed/$stack"
  fi
  if [ ! -e "$folder/cdk.tf.json" ]; then
    echo "hcp.sh: no stack $stack in $output; run: gate synth" >&2
    exit 2
  fi
  echo "== $command $stack"
  init=(-input=false)
  # Without a lock, the first one is taken.
  if [ -e "$folder/.terraform.lock.hcl" ]; then
    init+=(-lockfile=readonly)
  fi
  terraform -chdir="$folder" init "${init[@]}"
  terraform -chdir="$folder" "$command" "$@"
done
