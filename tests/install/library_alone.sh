#!/usr/bin/env bash
# library_alone.sh CMAKE SOURCE COMPILER: configures without the program where pkg-config knows libhwy, libmd and kissfft only,
# and then ogg too, which the library of .qvr files needs.
set -euo pipefail
cmake=$1 source=$2 compiler=$3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/pc"
know() {
  cp "$(env -u PKG_CONFIG_LIBDIR pkg-config --variable=pcfiledir "$1")/$1.pc" "$scratch/pc/"
}
for name in libhwy libmd kissfft-float; do know "$name"; done
export PKG_CONFIG_LIBDIR=$scratch/pc
# configure FOLDER OPTION...
configure() {
  "$cmake" -S "$source" -B "$scratch/$1" -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_DISABLE_FIND_PACKAGE_cxxopts=ON \
    "${@:2}" > "$scratch/log" 2>&1
}
# fails WHAT FOLDER OPTION...: what can be configured without its libraries checks nothing
fails() {
  if configure "${@:2}"; then
    echo "$1 can be configured without its libraries: this test checks nothing"
    exit 1
  fi
}
configure alone -DQUAVER_PROGRAM=OFF || { cat "$scratch/log"; exit 1; }
fails 'the library of .qvr files' file_without_ogg -DQUAVER_PROGRAM=OFF -DQUAVER_FILE=ON
know ogg
configure file -DQUAVER_PROGRAM=OFF -DQUAVER_FILE=ON || { cat "$scratch/log"; exit 1; }
fails 'the program' all -DQUAVER_PROGRAM=ON
