#!/usr/bin/env bash
# hardened.sh FILE...: programs and shared libraries must have what cmake/hardening.cmake asks for, as far as their files show it.
set -euo pipefail
export LC_ALL=C

# want FILE WHAT TEXT PATTERN: TEXT must have a line like PATTERN.
want() {
  grep -qE -- "$4" <<< "$3" || { echo "$1: $2" && status=1; }
}

status=0
(($#)) || { echo 'usage: hardened.sh FILE...' >&2 && exit 2; }
for file; do
  header=$(readelf --wide --file-header "$file")
  segments=$(readelf --wide --program-headers "$file")
  dynamic=$(readelf --wide --dynamic "$file")
  symbols=$(readelf --wide --dyn-syms "$file")
  want "$file" 'not at random addresses (PIE)' "$header" 'Type: +DYN'
  want "$file" 'tables of the linker stay writable (-z relro)' "$segments" 'GNU_RELRO'
  want "$file" 'symbols are bound late (-z now)' "$dynamic" 'BIND_NOW|Flags:.* NOW'
  want "$file" 'the stack can be executed' "$segments" 'GNU_STACK .* RW +0x'
  want "$file" 'no canaries on the stack (-fstack-protector-strong)' "$symbols" '__stack_chk_fail'
  want "$file" 'no checked functions of the C library (_FORTIFY_SOURCE)' "$symbols" ' __[a-z]+_chk\b'
done
exit "$status"
