#!/usr/bin/env python3
"""Checks that files include the standard headers whose names they use. Needs Python's standard library only.

    tests/docs/check_standard_includes.py ROOT

What a standard header includes besides its own names differs between compilers and their versions: a file that uses
std::sort without <algorithm> compiles with one and not with the next. A file passes if it, or a header of the project
that it includes, includes the standard header. The table has the names that the project uses; a name that belongs to
several headers (std::string_view and std::string, for example) is looked for in each. Prints what is missing and exits
with 1.
"""

import functools
import re

from findings import report

ALGORITHMS = """adjacent_find all_of any_of binary_search clamp copy copy_backward copy_if copy_n count count_if equal fill
fill_n find find_if find_if_not for_each generate generate_n includes is_sorted lower_bound max max_element min
min_element minmax minmax_element mismatch none_of nth_element partial_sort partition replace reverse rotate search
shuffle sort stable_sort swap_ranges transform unique upper_bound"""
MATHS = """abs atan2 cbrt ceil cos exp exp2 fabs floor fma fmod hypot isfinite isinf isnan lround llround log log10 log1p
log2 lrint pow round sin sqrt tanh trunc"""

# header: (pattern of the names that need it, other headers that have them with every compiler)
NAMES = {
    "algorithm": (r"std::(?:ranges::)?(?:%s)\s*[(<]" % "|".join(ALGORITHMS.split()), []),
    "array": (r"std::array\b", []),
    "atomic": (r"std::atomic", []),
    "bit": (r"std::(?:bit_cast|bit_ceil|bit_width|countl_zero|countr_zero|endian|has_single_bit|popcount)\b", []),
    "charconv": (r"std::(?:from_chars|to_chars)\b", []),
    "chrono": (r"std::chrono\b", []),
    "cmath": (r"std::(?:%s)\s*\(" % "|".join(MATHS.split()), ["cstdlib"]),
    "complex": (r"std::complex\b", []),
    "condition_variable": (r"std::condition_variable\b", []),
    "cstdint": (r"\bu?int(?:8|16|32|64)_t\b", ["stdint.h"]),
    "cstdlib": (r"std::(?:abort|exit|free|getenv|malloc|strtod|strtol|strtoul)\b", []),
    "cstring": (r"\b(?:memcmp|memcpy|memmove|memset|strcmp|strerror|strlen)\(", ["string.h"]),
    "deque": (r"std::deque\b", []),
    "exception": (r"std::(?:current_exception|exception|exception_ptr|rethrow_exception)\b", ["stdexcept"]),
    "filesystem": (r"std::filesystem\b", []),
    "fstream": (r"std::[io]?fstream\b", []),
    "functional": (r"std::(?:bind|cref|function|ref)\b", []),
    "future": (r"std::(?:async|future|promise)\b", []),
    "iostream": (r"std::(?:cerr|cin|clog|cout)\b", []),
    "limits": (r"std::numeric_limits\b", []),
    "map": (r"std::(?:map|multimap)\b", []),
    "memory": (r"std::(?:make_shared|make_unique|shared_ptr|unique_ptr|weak_ptr)\b", []),
    "mutex": (r"std::(?:call_once|lock_guard|mutex|scoped_lock|unique_lock)\b", []),
    "numbers": (r"std::numbers\b", []),
    "numeric": (r"std::(?:accumulate|gcd|inner_product|iota|partial_sum|reduce)\b", []),
    "optional": (r"std::(?:nullopt|optional)\b", []),
    "ostream": (r"std::ostream\b", ["fstream", "iostream", "sstream"]),
    "random": (r"std::(?:mt19937|normal_distribution|random_device|uniform_\w+_distribution)", []),
    "regex": (r"std::regex\b", []),
    "set": (r"std::(?:multiset|set)<", []),
    "span": (r"std::(?:as_bytes|span)\b", []),
    "sstream": (r"std::[io]?stringstream\b", []),
    "stdexcept": (r"std::(?:invalid_argument|length_error|logic_error|out_of_range|runtime_error)\b", []),
    "string": (r"std::(?:getline|stod|stoi|stoul|string|to_string)\b", ["filesystem", "sstream", "stdexcept"]),
    "string_view": (r"std::string_view\b", ["string"]),
    "system_error": (r"std::(?:errc|error_code|system_error)\b", ["filesystem"]),
    "thread": (r"std::(?:jthread|this_thread|thread)\b", []),
    "tuple": (r"std::(?:make_tuple|tie|tuple)\b", []),
    "unordered_map": (r"std::unordered_map\b", []),
    "unordered_set": (r"std::unordered_set\b", []),
    "utility": (r"std::(?:cmp_\w+|exchange|forward|in_range|make_pair|move|pair|swap)\s*[(<]",
                ["algorithm", "map", "memory", "optional", "tuple", "vector"]),
    "variant": (r"std::(?:get_if|holds_alternative|monostate|variant|visit)\b", []),
    "vector": (r"std::vector\b", []),
}
PATTERNS = {header: (re.compile(pattern), others) for header, (pattern, others) in NAMES.items()}
FOLDERS = ("apps", "bench", "bindings", "codec", "fuzz", "samples", "tests")
SOURCES = {".h", ".cc", ".cu"}
STANDARD = re.compile(r"^\s*#\s*include\s+<([^>]+)>", re.MULTILINE)
OWN = re.compile(r'^\s*#\s*include\s+["<]([^">]+\.h)[">]', re.MULTILINE)
# Raw strings, other strings, comments.
NOT_CODE = re.compile(r'R"([^(\s]*)\(.*?\)\1"|"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)


@functools.lru_cache(maxsize=None)
def text_of(path):
    return path.read_text(encoding="utf-8", errors="replace")


def included(root, path):
    """The standard headers that the file and the project's headers below it include."""
    headers, waiting, seen = set(), [path], set()
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        headers.update(STANDARD.findall(text_of(file)))
        for name in OWN.findall(text_of(file)):
            # As the sources write it, beside the file, and as users of the installed library do.
            for place in (root / name, file.parent / name, root / "codec" / name.removeprefix("quaver/")):
                if place.is_file():
                    waiting.append(place)
    return headers


def problems(root):
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in SOURCES:
                continue
            code = NOT_CODE.sub('""', text_of(path))
            headers = included(root, path)
            for header, (pattern, others) in PATTERNS.items():
                used = pattern.search(code)
                if used and header not in headers and not headers.intersection(others):
                    name = used.group().rstrip("(< ")
                    yield f"{path.relative_to(root).as_posix()}: uses {name}, includes <{header}> nowhere"


if __name__ == "__main__":
    report(problems)
