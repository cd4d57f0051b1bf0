#!/usr/bin/env bash
# What cmake --install puts into share/quaver/demo is what apps/web/assemble puts together: installed.sh CMAKE BUILD. Exit status
# 3: skipped.
set -euo pipefail
cmake=$1 build=$2 root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
if ! grep -q quaver/demo "$build/cmake_install.cmake" || [[ ! -f $root/build/web/package/quaver.wasm ]]; then
  echo 'Skipped: there was no npm package (bindings/web/build) when the build was configured.'
  exit 3
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$cmake" --install "$build" --prefix "$scratch/installed" --component demo > /dev/null
opus=$root/build/web/opus
grep -q quaver/demo/opus "$build/cmake_install.cmake" || opus=$scratch/none # it was not there when the build was configured
"$root/apps/web/assemble" --opus "$opus" "$scratch/assembled" > /dev/null
diff -r "$scratch/assembled" "$scratch/installed/share/quaver/demo"
