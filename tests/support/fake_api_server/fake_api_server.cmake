# The fake API server as a library, for whichever test directory comes first:
#   include(${PROJECT_SOURCE_DIR}/tests/support/fake_api_server/fake_api_server.cmake)
#   seaworthy_test(controller LIBS seaworthy_fake_api_server)
if(NOT TARGET seaworthy_fake_api_server)
  file(GLOB fake_api_server_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.cpp)
  add_library(seaworthy_fake_api_server STATIC ${fake_api_server_sources})
  target_link_libraries(seaworthy_fake_api_server
      PUBLIC seaworthy_kube PRIVATE seaworthy_options)
  cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH fake_api_server_parent)
  cmake_path(GET fake_api_server_parent PARENT_PATH fake_api_server_parent)
  target_include_directories(seaworthy_fake_api_server PUBLIC ${fake_api_server_parent})
endif()
