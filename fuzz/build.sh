#!/bin/bash -eu
# For OSS-Fuzz: https://google.github.io/oss-fuzz/getting-started/new-project-guide/#buildsh
# The image needs what scripts/common.sh lists (quaver_packages), python3 and zip. CC, CXX, CFLAGS, CXXFLAGS, LIB_FUZZING_ENGINE, WORK
# and OUT come from there. The Debian libraries that targets are linked with go into $OUT/lib, where the run path finds them. No
# _FORTIFY_SOURCE: its checks would come before those of AddressSanitizer.
cd "$(dirname "$0")/.."
cmake -S . -B "$WORK/quaver" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DQUAVER_FUZZ=ON -DQUAVER_GSTREAMER=OFF -DQUAVER_HARDEN=OFF \
  -DQUAVER_FUZZ_ENGINE="$LIB_FUZZING_ENGINE" -DCMAKE_BUILD_RPATH='$ORIGIN/lib' -DCMAKE_BUILD_RPATH_USE_ORIGIN=ON
targets=$(cd fuzz/targets && printf 'fuzz_%s ' *.cc | sed 's/\.cc//g')
cmake --build "$WORK/quaver" --target $targets
python3 fuzz/seeds.py "$WORK/seeds"
mkdir -p "$OUT/lib"
for target in $targets; do
  name=${target#fuzz_}
  cp "$WORK/quaver/bin/$target" "$OUT/"
  ldd "$OUT/$target" | awk '$3 ~ /^\/(usr\/)?lib/ { print $3 }' | grep -Ev '/lib(c|m|pthread|dl|rt|stdc\+\+|gcc_s)\.so' | xargs -r -I{} cp -n {} "$OUT/lib/"
  (cd "$WORK/seeds/$name" && zip -q -r "$OUT/${target}_seed_corpus.zip" .)
  [[ ! -d fuzz/regressions/$name ]] || (cd "fuzz/regressions/$name" && zip -q -r "$OUT/${target}_seed_corpus.zip" .)
  [[ ! -f fuzz/dictionaries/$name.dict ]] || cp "fuzz/dictionaries/$name.dict" "$OUT/$target.dict"
done
