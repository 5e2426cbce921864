/*
 * libsodium behind own names. Every entry point makes sure the library is initialised; that call is cheap and thread
 * safe.
 */
#include "lib/net/secret.h"

#include <assert.h>
#include <sodium.h>

#include "lib/base/text.h"

static_assert(SECRET_HASH_SIZE >= crypto_pwhash_STRBYTES, "room for a password hash");

const struct secret_cost secret_cost_test = {.memory = 8192, .passes = 1};

static void
ready(void)
{
	if (sodium_init() < 0)
		abort();
}

struct secret_cost
secret_cost_conf(const struct conf *conf)
{
	return (struct secret_cost){
	    .memory = (size_t)conf_size(conf, CONF_PASSWORD_MEMORY),
	    .passes = (unsigned)conf_int(conf, CONF_PASSWORD_PASSES),
	};
}

int
secret_password_hash(
    const char *password, const struct secret_cost *cost, char ret_hash[static SECRET_HASH_SIZE], struct error *err)
{
	char hash[crypto_pwhash_STRBYTES];
	const size_t len = strlen(password);

	ready();
	if (len > SECRET_PASSWORD_MAX)
		return error_set(err, ERR_INPUT, "the password is too long");
	if (crypto_pwhash_str_alg(hash, password, len, cost->passes, cost->memory, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return error_set(err, ERR_UNAVAILABLE, "no memory to hash a password");
	memcpy(ret_hash, hash, sizeof(hash));
	return 0;
}

/* The work of a check with nothing to compare to. */
static void
check_nobody(const char *password, const struct secret_cost *cost)
{
	static const unsigned char salt[crypto_pwhash_SALTBYTES];
	unsigned char key[32];

	if (crypto_pwhash(key, sizeof(key), password, strlen(password), salt, cost->passes, cost->memory,
		crypto_pwhash_ALG_ARGON2ID13) == 0)
		sodium_memzero(key, sizeof(key));
}

bool
secret_password_check(const char *hash, const char *password, const struct secret_cost *cost)
{
	const size_t len = strlen(password);

	ready();
	if (len > SECRET_PASSWORD_MAX)
		return false;
	if (hash == NULL) {
		check_nobody(password, cost);
		return false;
	}
	return crypto_pwhash_str_verify(hash, password, len) == 0;
}

bool
secret_equal(const void *a, const void *b, size_t len)
{
	return sodium_memcmp(a, b, len) == 0;
}

bool
secret_equal_text(const char *a, const char *b)
{
	return a != NULL && b != NULL && strlen(a) == strlen(b) && secret_equal(a, b, strlen(a));
}

void
secret_wipe(void *bytes, size_t len)
{
	sodium_memzero(bytes, len);
}

void
secret_str_free(char **text)
{
	if (*text != NULL)
		sodium_memzero(*text, strlen(*text));
	free(*text);
	*text = NULL;
}

void *
secret_new(size_t len)
{
	ready();
	void *bytes = sodium_malloc(len);
	if (bytes == NULL)
		abort();
	sodium_memzero(bytes, len);
	return bytes;
}

void
secret_free(void *secret_pointer)
{
	void **pointer = secret_pointer;

	sodium_free(*pointer);
	*pointer = NULL;
}

void
secret_random(void *bytes, size_t len)
{
	ready();
	randombytes_buf(bytes, len);
}

void
secret_token(char text[static SECRET_TOKEN_SIZE])
{
	unsigned char bytes[SECRET_TOKEN_BYTES];

	ready();
	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2base64(text, SECRET_TOKEN_SIZE, bytes, sizeof(bytes), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(bytes, sizeof(bytes));
}

void
secret_token_digest(const char *text, unsigned char digest[static HASH_SIZE])
{
	hash_bytes(text, strlen(text), digest);
}

bool
secret_signed_by(const unsigned char public_key[static 32], const unsigned char signature[static 64],
    const void *message, size_t len)
{
	ready();
	return crypto_sign_verify_detached(signature, message, len, public_key) == 0;
}
