# WebAssembly with SIMD128 through Zig's clang, libc (of WASI) and libc++. QUAVER_ZIG is a folder with the wrappers zig-cc,
# zig-c++, zig-ar and zig-ranlib, which the script `build` writes: CMake wants a compiler to be one file.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES QUAVER_ZIG)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_COMPILER ${QUAVER_ZIG}/zig-cc)
set(CMAKE_CXX_COMPILER ${QUAVER_ZIG}/zig-c++)
set(CMAKE_AR ${QUAVER_ZIG}/zig-ar)
set(CMAKE_RANLIB ${QUAVER_ZIG}/zig-ranlib)
set(target "--target=wasm32-wasi -msimd128")
set(CMAKE_C_FLAGS_INIT "${target}")
# With -fexceptions code that throws compiles; what catches is left out, as the target has no exceptions. memory.cc says
# what a throw does.
set(CMAKE_CXX_FLAGS_INIT "${target} -fexceptions")
