# cmake --install build/release [--prefix DIR] [--component NAME]:
#   program           the program, the weights files that it looks for, its documentation
#   runtime           the shared library
#   development       headers, the archive, the CMake package and the pkg-config file
#   file_runtime      the same of libquaver-file, which reads and writes .qvr files and needs runtime
#   file_development  and development
#   gstreamer         the GStreamer plugin, which needs runtime, and quaver-call
#   demo              the page of apps/web, if the npm package was there when the build was configured
# cmake/packages.cmake makes a Debian package of each but the page.
include(CMakePackageConfigHelpers)

if(QUAVER_PROGRAM)
  # The built-in model lies inside the program: not a second time beside it.
  get_filename_component(built_in "${QUAVER_BUILTIN_MODEL}" NAME)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/models/ DESTINATION ${CMAKE_INSTALL_DATADIR}/quaver/models
          FILES_MATCHING PATTERN "*.safetensors" PATTERN "*.json" PATTERN "*.md" PATTERN "${built_in}" EXCLUDE)
  foreach(document LICENSE NOTICE README.md SECURITY.md CHANGELOG.md)
    install(FILES ${PROJECT_SOURCE_DIR}/${document} DESTINATION ${CMAKE_INSTALL_DOCDIR})
  endforeach()
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs
          FILES_MATCHING PATTERN "*.md" PATTERN "*.svg")
endif()

install(TARGETS quaver quaver_shared EXPORT QuaverTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT development)
install(DIRECTORY ${PROJECT_BINARY_DIR}/include/quaver DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
        PATTERN byte_stream.h EXCLUDE PATTERN container EXCLUDE PATTERN quaver_file.h EXCLUDE)
install(FILES ${PROJECT_SOURCE_DIR}/samples/voice_channel.c ${PROJECT_SOURCE_DIR}/samples/voice_channel.cc
        DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples COMPONENT development)

# find_package(Quaver)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/Quaver)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/QuaverConfig.cmake.in ${PROJECT_BINARY_DIR}/QuaverConfig.cmake
                              INSTALL_DESTINATION ${package_folder} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/QuaverConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/QuaverConfig.cmake ${PROJECT_BINARY_DIR}/QuaverConfigVersion.cmake
        DESTINATION ${package_folder} COMPONENT development)
install(EXPORT QuaverTargets NAMESPACE Quaver:: DESTINATION ${package_folder} COMPONENT development)

# pkg-config: the files find their folders from where they lie, so the prefix may be moved. What only the archives need
# stands in Libs.private: with Requires.private pkg-config asks for libhwy.pc even to link the shared library.
list(JOIN HWY_LDFLAGS " " hwy_libs)
list(JOIN LIBMD_LDFLAGS " " libmd_libs)
set(pc_private_libs "${hwy_libs} ${libmd_libs}")
file(RELATIVE_PATH to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" to_prefix "${to_prefix}")
cmake_path(APPEND pc_prefix "\${pcfiledir}" ${to_prefix})
cmake_path(APPEND pc_libdir "\${prefix}" ${CMAKE_INSTALL_LIBDIR})
cmake_path(APPEND pc_includedir "\${prefix}" ${CMAKE_INSTALL_INCLUDEDIR})
configure_file(${CMAKE_CURRENT_LIST_DIR}/quaver.pc.in ${PROJECT_BINARY_DIR}/quaver.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/quaver.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

if(QUAVER_FILE)
  install(TARGETS quaver_file quaver_file_shared EXPORT QuaverFileTargets
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT file_development
          LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT file_runtime NAMELINK_COMPONENT file_development)
  install(EXPORT QuaverFileTargets NAMESPACE Quaver:: DESTINATION ${package_folder} COMPONENT file_development)
  foreach(header byte_stream.h container/qvr.h quaver_file.h)
    cmake_path(GET header PARENT_PATH folder)
    install(FILES ${PROJECT_BINARY_DIR}/include/quaver/${header}
            DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/quaver/${folder} COMPONENT file_development)
  endforeach()
  list(JOIN OGG_LDFLAGS " " pc_private_file_libs)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/quaver-file.pc.in ${PROJECT_BINARY_DIR}/quaver-file.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/quaver-file.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
          COMPONENT file_development)
  install(FILES ${PROJECT_SOURCE_DIR}/samples/qvr_file.c DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples
          COMPONENT file_development)
endif()

if(QUAVER_GSTREAMER)
  install(TARGETS gstquaver LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/gstreamer-1.0 COMPONENT gstreamer)
  install(TARGETS quaver_call RUNTIME COMPONENT gstreamer)
  install(FILES ${PROJECT_SOURCE_DIR}/samples/quaver_call.c DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples
          COMPONENT gstreamer)
endif()

# The page: as apps/web/assemble puts it together.
set(QUAVER_WEB ${PROJECT_SOURCE_DIR}/build/web CACHE PATH "Where bindings/web/build left the npm package")
if(EXISTS ${QUAVER_WEB}/package/quaver.wasm)
  set(demo ${CMAKE_INSTALL_DATADIR}/quaver/demo)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/apps/web/ DESTINATION ${demo} COMPONENT demo
          FILES_MATCHING PATTERN "*.js" PATTERN "*.html" PATTERN "*.css" PATTERN "*.svg")
  install(FILES ${PROJECT_SOURCE_DIR}/bench/quality/listen_page.css ${PROJECT_SOURCE_DIR}/bench/quality/listen_page.js
                ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${demo} COMPONENT demo)
  install(FILES ${PROJECT_SOURCE_DIR}/bench/quality/listen_page.html RENAME listen.html DESTINATION ${demo} COMPONENT demo)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/samples/ DESTINATION ${demo}/samples COMPONENT demo
          FILES_MATCHING PATTERN "*.flac" PATTERN "README.md")
  install(DIRECTORY ${QUAVER_WEB}/package/lib DESTINATION ${demo}/quaver COMPONENT demo)
  foreach(file quaver.js quaver-worker.js quaver.wasm speech-16k.safetensors)
    install(FILES ${QUAVER_WEB}/package/${file} DESTINATION ${demo}/quaver COMPONENT demo)
  endforeach()
  if(EXISTS ${QUAVER_WEB}/opus/dist/index.js) # to compare with
    install(FILES ${QUAVER_WEB}/opus/dist/index.js ${QUAVER_WEB}/opus/LICENSE ${QUAVER_WEB}/opus/THIRD_PARTY_NOTICES.md
            DESTINATION ${demo}/opus COMPONENT demo)
    install(FILES ${QUAVER_WEB}/opus/dist/generated/libopus.generated.mjs DESTINATION ${demo}/opus/generated COMPONENT demo)
  endif()
endif()
