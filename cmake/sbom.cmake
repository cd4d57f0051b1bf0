# quaver.spdx.json: what the program, the libraries and the plugin are made of, with licences (make_sbom.py checks that it is all).
find_package(Python3 COMPONENTS Interpreter)
if(NOT Python3_FOUND OR NOT QUAVER_PROGRAM OR QUAVER_TRAIN OR QUAVER_SANITIZE)
  return() # a build with the trainer is not for distribution: LibTorch alone brings hundreds of libraries
endif()

# The models, whose data the cards name, and libraries: name, version, licence (SPDX), soname or nothing for headers, home.
set(components
    "speech-16k|${PROJECT_VERSION}|Apache-2.0||"
    "speech-16k-vp|${PROJECT_VERSION}|Apache-2.0||"
    "highway|${HWY_VERSION}|Apache-2.0|libhwy|https://github.com/google/highway"
    "libmd|${LIBMD_VERSION}|BSD-3-Clause|libmd|https://www.hadrons.org/software/libmd/"
    "nlohmann-json|${nlohmann_json_VERSION}|MIT||https://github.com/nlohmann/json"
    "cxxopts|${cxxopts_VERSION}|MIT||https://github.com/jarro2783/cxxopts"
    "kissfft|${KISSFFT_VERSION}|BSD-3-Clause||https://github.com/mborgerding/kissfft"
    "libogg|${OGG_VERSION}|BSD-3-Clause|libogg|https://xiph.org/ogg/"
    "libsndfile|${SNDFILE_VERSION}|LGPL-2.1-or-later|libsndfile|https://libsndfile.github.io/libsndfile/"
    "flac|${FLAC_VERSION}|BSD-3-Clause|libFLAC|https://xiph.org/flac/"
    "mpg123|${MPG123_VERSION}|LGPL-2.1-or-later|libmpg123|https://www.mpg123.de/"
    "soxr|${SOXR_VERSION}|LGPL-2.1-or-later|libsoxr|https://sourceforge.net/projects/soxr/"
    "libzip|${ZIP_VERSION}|BSD-3-Clause|libzip|https://libzip.org/"
    "libsamplerate|${SAMPLERATE_VERSION}|BSD-2-Clause|libsamplerate|https://libsndfile.github.io/libsamplerate/"
    "portaudio|${PORTAUDIO_VERSION}|MIT|libportaudio|https://www.portaudio.com/"
    "libpng|${PNG_VERSION}|libpng-2.0|libpng16|http://www.libpng.org/pub/png/libpng.html")
set(binaries $<TARGET_FILE:quaver_cli> $<TARGET_FILE:quaver_shared> $<TARGET_FILE:quaver_file_shared>)
set(targets quaver_cli quaver_shared quaver_file_shared)
if(QUAVER_GSTREAMER)
  foreach(library gstreamer gstaudio gstrtp gstbase)
    list(APPEND components "${library}|${GSTREAMER_gstreamer-1.0_VERSION}|LGPL-2.1-or-later|lib${library}-1.0|https://gstreamer.freedesktop.org/")
  endforeach()
  foreach(library glib gobject)
    list(APPEND components "${library}||LGPL-2.1-or-later|lib${library}-2.0|https://gitlab.gnome.org/GNOME/glib")
  endforeach()
  list(APPEND binaries $<TARGET_FILE:gstquaver> $<TARGET_FILE:quaver_call>)
  list(APPEND targets gstquaver quaver_call)
endif()

set(sbom ${PROJECT_BINARY_DIR}/quaver.spdx.json)
list(JOIN components "\n" lines)
file(WRITE ${PROJECT_BINARY_DIR}/components.txt "${lines}\n")
add_custom_command(
  OUTPUT ${sbom}
  COMMAND Python3::Interpreter ${CMAKE_CURRENT_LIST_DIR}/make_sbom.py ${sbom} ${PROJECT_VERSION} ${PROJECT_BINARY_DIR}/components.txt ${binaries}
  DEPENDS ${targets} ${CMAKE_CURRENT_LIST_DIR}/make_sbom.py ${PROJECT_BINARY_DIR}/components.txt VERBATIM)
add_custom_target(quaver_sbom ALL DEPENDS ${sbom})
install(FILES ${sbom} DESTINATION ${CMAKE_INSTALL_DOCDIR})
