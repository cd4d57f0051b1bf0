#!/usr/bin/env bash
# library_alone.sh CMAKE SOURCE COMPILER: configures without the program where pkg-config knows libhwy, libmd and kissfft only.
set -euo pipefail
cmake=$1 source=$2 compiler=$3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/pc"
for name in libhwy libmd kissfft-float; do
  cp "$(pkg-config --variable=pcfiledir "$name")/$name.pc" "$scratch/pc/"
done
export PKG_CONFIG_LIBDIR=$scratch/pc
configure() {
  "$cmake" -S "$source" -B "$scratch/$1" -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_DISABLE_FIND_PACKAGE_cxxopts=ON \
    -DQUAVER_PROGRAM="$2" > "$scratch/log" 2>&1
}
configure alone OFF || { cat "$scratch/log"; exit 1; }
if configure all ON; then
  echo 'the program can be configured without its libraries: this test checks nothing'
  exit 1
fi
