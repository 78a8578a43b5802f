# The Debian package: cmake --workflow --preset deb

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME lepton)
set(CPACK_PACKAGE_CONTACT "Lepton contributors <lepton@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_STRIP_FILES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION interpreters)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS lua-cjson)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS lua-busted)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Lepton runs an application written in Lua as one main process and one forked
process for each of its pages. A page uses the objects of the main process
through the remote module as if they were its own.")

include(CPack)
