/*
 * SHA-256. hash.c is the only includer of libcrypto, which is three to six times as fast here as the alternatives;
 * uploads and cache checks hash everything.
 */
#ifndef FW_BASE_HASH_H
#define FW_BASE_HASH_H

#include "lib/base/attr.h"
#include "lib/base/error.h"

#define HASH_SIZE 32
#define HASH_HEX_SIZE 65

struct hash {
	void *state; /* EVP_MD_CTX */
};

/* hash_init, any number of hash_add, hash_end; hash_done frees and fits CLEANUP. hash_end leaves the hash ready for a
 * new message. Aborts when libcrypto has no memory. */
void hash_init(struct hash *hash);
void hash_done(struct hash *hash);
void hash_add(struct hash *hash, const void *bytes, size_t len);
/* Adds the text's length and the text, so that "ab"+"c" and "a"+"bc" differ. NULL differs from "". */
void hash_add_str(struct hash *hash, const char *text);
void hash_add_int(struct hash *hash, int64_t number);
void hash_end(struct hash *hash, unsigned char digest[static HASH_SIZE]);
void hash_end_hex(struct hash *hash, char text[static HASH_HEX_SIZE]);

void hash_bytes(const void *bytes, size_t len, unsigned char digest[static HASH_SIZE]);
/* Lower-case hex of the digest. Returns text. */
const char *hash_bytes_hex(const void *bytes, size_t len, char text[static HASH_HEX_SIZE]);
const char *hash_hex(const unsigned char digest[static HASH_SIZE], char text[static HASH_HEX_SIZE]);
/* 64 lower-case hex digits. */
bool hash_is_hex(const char *text);
/* From offset 0 to the end with pread, the descriptor's position stays; ret_size may be NULL. */
int hash_fd(int fd, unsigned char digest[static HASH_SIZE], int64_t *ret_size, struct error *err) MUST_CHECK;
/* HMAC-SHA-256, for webhook and storage signatures. */
void hash_hmac(const void *key, size_t key_len, const void *bytes, size_t len, unsigned char mac[static HASH_SIZE]);

#endif
