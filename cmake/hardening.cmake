# What distributors ask of binaries that read files of strangers, for compilers that know it: checks of buffers by the C library
# and by the compiler, code at random addresses, tables of the linker that cannot be written. Sanitizers check more.
include(CheckCXXCompilerFlag)
include(CheckPIESupported)
if(QUAVER_HARDEN AND NOT QUAVER_SANITIZE)
  check_pie_supported()
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection)
    string(MAKE_C_IDENTIFIER HAS${flag} has)
    check_cxx_compiler_flag(-Werror\ ${flag} ${has})
    if(${has})
      target_compile_options(quaver_flags INTERFACE $<$<COMPILE_LANGUAGE:C,CXX>:${flag}>)
    endif()
  endforeach()
  # It needs optimisation, and some compilers define it themselves.
  target_compile_options(quaver_flags INTERFACE
    $<$<AND:$<NOT:$<CONFIG:Debug>>,$<COMPILE_LANGUAGE:C,CXX>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>)
  target_link_options(quaver_flags INTERFACE LINKER:-z,relro LINKER:-z,now)
endif()
