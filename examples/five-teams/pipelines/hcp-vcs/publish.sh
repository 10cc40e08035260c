#!/usr/bin/env bash
# Pushes a folder as the content of the branch athena-gate/synthesized; no commit where nothing
# changed. The same content from the same commit is the same commit, whoever runs this.
#
#   publish.sh FOLDER
#
# Ends with 1 where the main branch has another gate.hcl by now than the commit that is checked out.
# PUSH_USER and PUSH_TOKEN are what the job may push with; they are written nowhere.
set -euo pipefail

ref=refs/heads/athena-gate/synthesized
repository="$PWD/.git"
GIT_INDEX_FILE="$(mktemp -d)/index"
export GIT_INDEX_FILE
trap 'rm -rf "$(dirname "$GIT_INDEX_FILE")"' EXIT

remote() {
  git -c credential.helper= \
    -c credential.helper='!f() { echo "username=$PUSH_USER"; echo "password=$PUSH_TOKEN"; }; f' "$@"
}

# An old run may be run again: what was taken back since is not published again.
main="${CI_DEFAULT_BRANCH:-main}" file="${GATE_FILE:-gate.hcl}"
remote fetch --quiet --depth 1 origin "refs/heads/$main"
folder="$(dirname -- "$file")" name="${file##*/}"
if ! git --literal-pathspecs diff --quiet HEAD FETCH_HEAD -- "$file" "$folder"/{"${name%.*}.d",environments,vendors,keys}; then
  echo "$main says something else since $(git rev-parse HEAD); nothing was published." >&2
  exit 1
fi

(cd "$1" && git --git-dir="$repository" --work-tree=. add --all --force .)
tree="$(git write-tree)"
parent="$(remote ls-remote origin "$ref" | cut -f 1)"
if [ -n "$parent" ]; then
  remote fetch --quiet --depth 1 origin "$ref"
  if [ "$tree" = "$(git rev-parse "$parent^{tree}")" ]; then
    echo "Nothing changed."
    exit 0
  fi
fi

GIT_AUTHOR_DATE="$(git show --no-patch --format=%cI HEAD)"
export GIT_AUTHOR_DATE GIT_COMMITTER_DATE="$GIT_AUTHOR_DATE"
export GIT_AUTHOR_NAME=athena-gate GIT_AUTHOR_EMAIL=athena-gate@localhost
export GIT_COMMITTER_NAME=athena-gate GIT_COMMITTER_EMAIL=athena-gate@localhost
commit="$(git commit-tree "$tree" ${parent:+-p "$parent"} -m "Synthesize $(git rev-parse HEAD)")"
# Not forced: of two runs at once, the later push is refused.
remote push --quiet origin "$commit:$ref"
git diff-tree --stat --root "$commit" | cat
