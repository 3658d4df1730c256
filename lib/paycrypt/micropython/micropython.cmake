# paycrypt as a user module of a port built by CMake, such as esp32:
#   make -C <MicroPython>/ports/esp32 BOARD=... USER_C_MODULES=<posterm>/lib/paycrypt/micropython/micropython.cmake
# The set of core/config.h: CMAKE_ARGS=-DPAYCRYPT_SET=unionpay
set(PAYCRYPT_SET full CACHE STRING "what paycrypt contains: full or unionpay")
get_filename_component(PAYCRYPT_CORE ${CMAKE_CURRENT_LIST_DIR}/../core ABSOLUTE)

file(GLOB PAYCRYPT_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.c ${PAYCRYPT_CORE}/*.c)

add_library(usermod_paycrypt INTERFACE)
target_sources(usermod_paycrypt INTERFACE ${PAYCRYPT_SOURCES})
target_include_directories(usermod_paycrypt INTERFACE ${CMAKE_CURRENT_LIST_DIR} ${PAYCRYPT_CORE})
if(PAYCRYPT_SET STREQUAL "unionpay")
    target_compile_definitions(usermod_paycrypt INTERFACE PC_SET_UNIONPAY)
elseif(NOT PAYCRYPT_SET STREQUAL "full")
    message(FATAL_ERROR "PAYCRYPT_SET is full or unionpay, not ${PAYCRYPT_SET}")
endif()
target_link_libraries(usermod INTERFACE usermod_paycrypt)
