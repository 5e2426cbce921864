/*
 * Compiler attributes and the few constants that every file may use.
 *
 * Including this header also bans the C library functions that have no safe use here (banned.h), so that nearly every
 * file is covered without thinking of it.
 */
#ifndef FW_BASE_ATTR_H
#define FW_BASE_ATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/banned.h"

/* Runs fn(&variable) when the variable's scope ends; fn must accept what the variable was initialised with. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_index, first_arg) __attribute__((format(printf, format_index, first_arg)))
#define UNUSED __attribute__((unused))
#define NORETURN __attribute__((noreturn))
#define RETURNS_NONNULL __attribute__((returns_nonnull))

/* 1 in builds under AddressSanitizer. */
#if defined(__SANITIZE_ADDRESS__)
#define FW_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FW_ASAN 1
#endif
#endif
#ifndef FW_ASAN
#define FW_ASAN 0
#endif

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))
#define FW_MIN(a, b) ((a) < (b) ? (a) : (b))
#define FW_MAX(a, b) ((a) > (b) ? (a) : (b))

#define KIB ((size_t)1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)
#define MB ((int64_t)1000000)
#define GB (MB * 1000)

/* Money is int64_t micro-dollars everywhere: usd_micros. */
#define USD ((int64_t)1000000)

#endif
