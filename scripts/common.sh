# What ./quickstart, ./check, bench/run.sh and the scripts of this folder share. Sourced, not run: `. scripts/common.sh` from the root of the repository.

# What building and running the program needs: tools, and libraries of the system it is built for. The names are the same in
# Debian 12 and 13 and Ubuntu 24.04.
quaver_tools=(cmake ninja-build pkg-config)
quaver_libraries=(libhwy-dev nlohmann-json3-dev libmd-dev libsndfile1-dev libflac-dev libmpg123-dev libsoxr-dev libsamplerate0-dev
  portaudio19-dev libogg-dev libpng-dev libkissfft-dev libcxxopts-dev libzip-dev)
quaver_packages=(build-essential "${quaver_tools[@]}" "${quaver_libraries[@]}")
# What the tests need, and cpack, which asks file(1) what a binary is.
test_packages=(libgtest-dev libgmock-dev python3 file abigail-tools groff zsh)
# What bench/ compares with and is built on.
bench_packages=(libbenchmark-dev libopus-dev)
# What the tests of bench/quality need.
quality_test_packages=(python3-numpy python3-scipy python3-soundfile)

# What the GStreamer plugin is built with, and what its tests and examples run.
gstreamer_packages=(libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev gstreamer1.0-tools gstreamer1.0-plugins-base
  gstreamer1.0-plugins-good gstreamer1.0-plugins-bad)

# What the tests of the npm package run in; bindings/web/build fetches what builds it.
web_packages=(nodejs)

quaver_started=$SECONDS

# step TEXT: a line that says what comes next and how long it took to get here.
step() { printf '\n== %s  [%d:%02d]\n' "$*" $(((SECONDS - quaver_started) / 60)) $(((SECONDS - quaver_started) % 60)); }

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# install_packages NAME...: installs those that are not there yet; touches nothing when all are.
install_packages() {
  local package missing=() sudo=()
  if ! command -v dpkg-query > /dev/null || ! command -v apt-get > /dev/null; then
    printf 'Not a Debian system: install what answers to these packages yourself: %s\n' "$*"
    return
  fi
  for package in "$@"; do
    # A line for each architecture that it is there for.
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2> /dev/null | grep -qx installed || missing+=("$package")
  done
  if ((${#missing[@]} == 0)); then
    echo 'All Debian packages are there.'
    return
  fi
  if [[ $EUID -ne 0 ]]; then
    command -v sudo > /dev/null || die "needs these packages, and there is no sudo: ${missing[*]}"
    sudo=(sudo)
  fi
  echo "Installing: ${missing[*]}"
  "${sudo[@]}" apt-get update -qq || die 'apt-get update failed'
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}" > /dev/null ||
    die "apt-get could not install: ${missing[*]}"
}

# copy_tree DIR [TAR-OPTION...]: the files that Git knows and those it does not ignore, with changes that are not committed.
copy_tree() {
  local target=$1
  shift
  git ls-files -z --cached --others --exclude-standard |
    while IFS= read -rd '' name; do [[ ! -e $name && ! -L $name ]] || printf '%s\0' "$name"; done |
    tar --create --null --no-recursion --owner=0 --group=0 --files-from=- | tar --extract --directory "$target" "$@"
}

# configure PRESET [OPTION...]: cmake --preset; what it prints stays in a file unless it fails.
configure() {
  local preset=$1 log
  shift
  mkdir -p "build/$preset"
  log=build/$preset/configure.log
  if ! cmake --preset "$preset" "$@" > "$log" 2>&1; then
    cat "$log"
    die "configuration of '$preset' failed"
  fi
}

# torch_of PYTHON: the folder of TorchConfig.cmake of the torch that PYTHON imports, if one can build with it here:
# CMake refuses a CUDA build of LibTorch where there is no CUDA compiler.
torch_of() {
  "$1" - 2> /dev/null << 'EOF'
import os, shutil, sys, torch
if torch.version.cuda and not (shutil.which("nvcc") or os.path.exists("/usr/local/cuda/bin/nvcc")):
    sys.exit(1)
folder = os.path.join(torch.utils.cmake_prefix_path, "Torch")
if not os.path.isfile(os.path.join(folder, "TorchConfig.cmake")):
    sys.exit(1)
print(folder)
EOF
}
