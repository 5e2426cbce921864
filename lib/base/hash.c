/*
 * SHA-256 through libcrypto's EVP, which picks the processor's own instructions. The only includer of libcrypto.
 */
#include "lib/base/hash.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lib/base/text.h"

#define HASH_READ_SIZE (256 * KIB)

/* libcrypto only fails here without memory. */
static void
must(int result)
{
	if (result != 1)
		abort();
}

void
hash_init(struct hash *hash)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (ctx == NULL)
		abort();
	must(EVP_DigestInit_ex(ctx, EVP_sha256(), NULL));
	hash->state = ctx;
}

void
hash_done(struct hash *hash)
{
	EVP_MD_CTX_free(hash->state);
	hash->state = NULL;
}

void
hash_add(struct hash *hash, const void *bytes, size_t len)
{
	must(EVP_DigestUpdate(hash->state, bytes, len));
}

void
hash_add_int(struct hash *hash, int64_t number)
{
	unsigned char bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)((uint64_t)number >> (56 - 8 * i));
	hash_add(hash, bytes, sizeof(bytes));
}

void
hash_add_str(struct hash *hash, const char *text)
{
	const int64_t len = text == NULL ? -1 : (int64_t)strlen(text);

	hash_add_int(hash, len);
	if (len > 0)
		hash_add(hash, text, (size_t)len);
}

void
hash_end(struct hash *hash, unsigned char digest[static HASH_SIZE])
{
	must(EVP_DigestFinal_ex(hash->state, digest, NULL));
	must(EVP_DigestInit_ex(hash->state, EVP_sha256(), NULL));
}

void
hash_end_hex(struct hash *hash, char text[static HASH_HEX_SIZE])
{
	unsigned char digest[HASH_SIZE];

	hash_end(hash, digest);
	hash_hex(digest, text);
}

void
hash_bytes(const void *bytes, size_t len, unsigned char digest[static HASH_SIZE])
{
	must(EVP_Digest(bytes, len, digest, NULL, EVP_sha256(), NULL));
}

const char *
hash_bytes_hex(const void *bytes, size_t len, char text[static HASH_HEX_SIZE])
{
	unsigned char digest[HASH_SIZE];

	hash_bytes(bytes, len, digest);
	return hash_hex(digest, text);
}

const char *
hash_hex(const unsigned char digest[static HASH_SIZE], char text[static HASH_HEX_SIZE])
{
	return text_hex(digest, HASH_SIZE, text);
}

bool
hash_is_hex(const char *text)
{
	return text != NULL && strlen(text) == HASH_HEX_SIZE - 1 &&
	       strspn(text, "0123456789abcdef") == HASH_HEX_SIZE - 1;
}

static int
add_file(struct hash *hash, int fd, unsigned char *chunk, int64_t *ret_size, struct error *err)
{
	int64_t size = 0;

	for (;;) {
		const ssize_t got = pread(fd, chunk, HASH_READ_SIZE, size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(err, ERR_INTERNAL, "reading a file to hash it");
		if (got == 0)
			break;
		hash_add(hash, chunk, (size_t)got);
		size += got;
	}
	*ret_size = size;
	return 0;
}

int
hash_fd(int fd, unsigned char digest[static HASH_SIZE], int64_t *ret_size, struct error *err)
{
	CLEANUP(hash_done) struct hash hash = {0};
	unsigned char *chunk = malloc(HASH_READ_SIZE);
	int64_t size = 0;

	if (chunk == NULL)
		abort();
	hash_init(&hash);
	const int result = add_file(&hash, fd, chunk, &size, err);
	free(chunk);
	if (result < 0)
		return -1;
	hash_end(&hash, digest);
	if (ret_size != NULL)
		*ret_size = size;
	return 0;
}

void
hash_hmac(const void *key, size_t key_len, const void *bytes, size_t len, unsigned char mac[static HASH_SIZE])
{
	if (HMAC(EVP_sha256(), key, (int)key_len, bytes, len, mac, NULL) == NULL)
		abort();
}
