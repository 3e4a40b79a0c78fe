# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the makers of packages have in common; sourced by them in the tree's root, with bash's -euo pipefail.

version=$(sed -n 's/^project(piaojue VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
# Of the source, not of the day: who builds this commit tomorrow gets the same bytes.
commit=$(git rev-parse HEAD)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct "$commit")
export SOURCE_DATE_EPOCH
[[ -z "$(git status --porcelain)" ]] || echo "package: what is not committed is not packed"

# export_commit FOLDER: the files of the commit that was the last one at the start, and nothing else, in FOLDER/piaojue-$version.
export_commit() {
  rm -rf "$1"
  mkdir -p "$1/piaojue-$version"
  git archive "$commit" | tar x -C "$1/piaojue-$version"
}

# sizes FILE...: one line each, in MB.
sizes() { ls -l -- "$@" | awk '{sub(".*/", "", $NF); printf "package: %s, %.1f MB\n", $NF, $5 / 1e6}'; }
