/*
 * Random names. All randomness of the project that matters comes from id_bytes().
 */
#ifndef FW_BASE_ID_H
#define FW_BASE_ID_H

#include "lib/base/attr.h"

#define ID_UUID_SIZE 37 /* 36 characters and the NUL */
#define ID_PREFIXED_DIGITS 16

/* From getrandom(2); aborts if the kernel refuses, since nothing safe could follow. */
void id_bytes(void *bytes, size_t len);
uint64_t id_u64(void);

/* Version 4, lower case. Returns text. */
const char *id_uuid(char text[static ID_UUID_SIZE]);
/* The 8-4-4-4-12 shape in either case; any version. NULL is none. */
bool id_is_uuid(const char *text);

/* `digits` random hex digits and a NUL: text has room for digits + 1. */
const char *id_hex(char *text, size_t digits);
bool id_is_prefixed(const char *text, const char *prefix);
/* 1 to `max` characters of A-Z a-z 0-9 - _ . : — what is accepted as a request id or idempotency key from outside. */
bool id_is_token(const char *text, size_t max);

#endif
