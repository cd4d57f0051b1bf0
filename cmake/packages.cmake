# cpack in the build folder: a Debian package of each component of cmake/install.cmake: quaver, libquaver1, libquaver-dev,
# libquaver-file1, libquaver-file-dev and gstreamer1.0-quaver. Configured with -DCMAKE_INSTALL_PREFIX=/usr the libraries go where Debian's own
# are (lib/<architecture>).
set(CPACK_GENERATOR DEB)
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_CURRENT_LIST_DIR}/package_tools.cmake)
set(CPACK_PACKAGE_CONTACT "Quaver contributors")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})
set(CPACK_COMPONENTS_ALL program runtime development file_runtime file_development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)      # what the binaries need, by the packages of this machine
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)  # and what a package that needs libquaver1 shall say

get_target_property(abi quaver_shared SOVERSION)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "The program, with the default model.")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME quaver)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION sound)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS ffmpeg)  # run for formats that libsndfile does not know

set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "The shared library, with the default model built in.")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME libquaver${abi})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)

set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
    "Headers, archive, CMake package and pkg-config file for C and C++.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libquaver-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libquaver${abi} (= ${PROJECT_VERSION}), libhwy-dev, libmd-dev")

# dpkg-shlibdeps looks for libquaver there. It belongs to no package that is installed, so the dependency is named here.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/codec)
set(CPACK_COMPONENT_FILE_RUNTIME_DESCRIPTION "The shared library that reads and writes .qvr files.")
set(CPACK_DEBIAN_FILE_RUNTIME_PACKAGE_NAME libquaver-file${abi})
set(CPACK_DEBIAN_FILE_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_FILE_RUNTIME_PACKAGE_DEPENDS "libquaver${abi} (= ${PROJECT_VERSION})")

set(CPACK_COMPONENT_FILE_DEVELOPMENT_DESCRIPTION "Headers, archive, CMake package and pkg-config file for .qvr files.")
set(CPACK_DEBIAN_FILE_DEVELOPMENT_PACKAGE_NAME libquaver-file-dev)
set(CPACK_DEBIAN_FILE_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_FILE_DEVELOPMENT_PACKAGE_DEPENDS
    "libquaver-file${abi} (= ${PROJECT_VERSION}), libquaver-dev (= ${PROJECT_VERSION}), libogg-dev")

if(QUAVER_GSTREAMER)
  list(APPEND CPACK_COMPONENTS_ALL gstreamer)
  set(CPACK_COMPONENT_GSTREAMER_DESCRIPTION "GStreamer plugin for calls over RTP, and the program quaver-call.")
  set(CPACK_DEBIAN_GSTREAMER_PACKAGE_NAME gstreamer1.0-quaver)
  set(CPACK_DEBIAN_GSTREAMER_PACKAGE_SECTION sound)
  set(CPACK_DEBIAN_GSTREAMER_PACKAGE_DEPENDS "libquaver${abi} (= ${PROJECT_VERSION}), gstreamer1.0-plugins-good")
  set(CPACK_DEBIAN_GSTREAMER_PACKAGE_SUGGESTS gstreamer1.0-plugins-bad)  # SRTP
endif()

# What Debian wants of every package: who may do what with it, and what changed. Overrides say why the rest of lintian's findings stay.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(debian ${PROJECT_BINARY_DIR}/debian)
  file(WRITE ${debian}/changelog "quaver (${PROJECT_VERSION}) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n"
                                 " -- Quaver contributors <nobody@localhost>  Thu, 01 Jan 1970 00:00:00 +0000\n")
  execute_process(COMMAND gzip -9nkf ${debian}/changelog COMMAND_ERROR_IS_FATAL ANY)
  foreach(component ${CPACK_COMPONENTS_ALL})
    string(TOUPPER ${component} name)
    set(package ${CPACK_DEBIAN_${name}_PACKAGE_NAME})
    set(folder ${CMAKE_INSTALL_DATADIR}/doc/${package})
    install(FILES ${CMAKE_CURRENT_LIST_DIR}/copyright ${debian}/changelog.gz ${PROJECT_SOURCE_DIR}/NOTICE ${PROJECT_SOURCE_DIR}/CHANGELOG.md
            DESTINATION ${folder} COMPONENT ${component})
    configure_file(${CMAKE_CURRENT_LIST_DIR}/lintian-overrides.in ${debian}/${package} @ONLY)
    install(FILES ${debian}/${package} DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides COMPONENT ${component})
  endforeach()
  # The linker's cache is brought up to date by a trigger.
  file(WRITE ${debian}/triggers "activate-noawait ldconfig\n")
  file(CHMOD ${debian}/triggers PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ) # whatever the umask
  set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${debian}/triggers)
  set(CPACK_DEBIAN_FILE_RUNTIME_PACKAGE_CONTROL_EXTRA ${debian}/triggers)
endif()
include(CPack)
