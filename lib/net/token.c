/*
 * libjwt 1.10 behind own names. A token is read twice: once without trust for its key's name, then with that key;
 * nothing of the first reading is used for anything else.
 */
#include "lib/net/token.h"

#include <errno.h>
#include <fcntl.h>
#include <jwt.h>
#include <sys/stat.h>

#include "lib/base/hash.h"
#include "lib/base/path.h"
#include "lib/base/text.h"

#define KEYS_FILE_MAX (64 * KIB)
#define KEY_BYTES_MAX 512

struct token_key {
	char kid[64];
	unsigned char bytes[KEY_BYTES_MAX];
	size_t len;
};

struct token_keys {
	size_t count;
	struct token_key keys[TOKEN_KEYS_MAX];
};

static void
token_done(jwt_t **jwt)
{
	jwt_free(*jwt);
}

static struct token_keys *
keys_new(void)
{
	struct token_keys *keys = calloc(1, sizeof(*keys));

	if (keys == NULL)
		abort();
	return keys;
}

void
token_keys_free(struct token_keys **keys)
{
	if (*keys != NULL)
		explicit_bzero(*keys, sizeof(**keys));
	free(*keys);
	*keys = NULL;
}

/* ---- keys ---- */

static const struct token_key *
key_find(const struct token_keys *keys, const char *kid)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->keys[i].kid, kid) == 0)
			return &keys->keys[i];
	return NULL;
}

/* Hex when it can be hex, else base64. */
static int
decode_key(const char *text, struct token_key *key)
{
	const size_t len = strlen(text);

	if (len % 2 == 0 && len / 2 <= KEY_BYTES_MAX && text_from_hex(text, key->bytes, len / 2) == 0) {
		key->len = len / 2;
		return 0;
	}
	const ssize_t got = text_from_base64(text, len, key->bytes, sizeof(key->bytes));
	key->len = got < 0 ? 0 : (size_t)got;
	return got < 0 ? -1 : 0;
}

static int
add_line(struct token_keys *keys, char *line, struct error *err)
{
	line[strcspn(line, "\r")] = '\0';
	char *text = strchr(line, ':');

	if (*line == '\0' || *line == '#')
		return 0;
	if (text == NULL)
		return error_set(err, ERR_INPUT, "expected kid:key");
	*text++ = '\0';
	if (!id_is_token(line, sizeof(keys->keys[0].kid) - 1))
		return error_set(err, ERR_INPUT, "the key's name may have letters, digits and - _ . only");
	if (key_find(keys, line) != NULL)
		return error_set(err, ERR_INPUT, "two keys are named '%s'", line);
	if (keys->count == TOKEN_KEYS_MAX)
		return error_set(err, ERR_INPUT, "more than %d keys", TOKEN_KEYS_MAX);
	struct token_key *key = &keys->keys[keys->count];
	if (decode_key(text, key) < 0 || key->len < TOKEN_KEY_MIN)
		return error_set(
		    err, ERR_INPUT, "key '%s' is not hex or base64 of at least %d bytes", line, TOKEN_KEY_MIN);
	text_copy(key->kid, sizeof(key->kid), line);
	keys->count++;
	return 0;
}

static int
add_lines(struct token_keys *keys, char *text, struct error *err)
{
	char *line;

	for (int number = 1; (line = strsep(&text, "\n")) != NULL; number++)
		if (add_line(keys, line, err) < 0)
			return error_wrap(err, "line %d", number);
	return keys->count > 0 ? 0 : error_set(err, ERR_INPUT, "it holds no key");
}

static int
read_keys(const char *path, struct arena *arena, char **ret_text, size_t *ret_len, struct error *err)
{
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(err, ERR_INPUT, "opening it");
	if ((st.st_mode & S_IROTH) != 0) {
		error_set(err, ERR_INPUT, "it can be read by everybody");
		error_hint(err, "chmod o= the file of signing keys");
		return error_fail();
	}
	return fd_read_all(arena, fd, KEYS_FILE_MAX, ret_text, ret_len, err);
}

int
token_keys_load(const char *path, struct token_keys **ret_keys, struct error *err)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(2 * KEYS_FILE_MAX);
	CLEANUP(token_keys_free) struct token_keys *keys = keys_new();
	char *text;
	size_t len;

	int result = read_keys(path, arena, &text, &len, err);
	if (result == 0) {
		result = add_lines(keys, text, err);
		explicit_bzero(text, len);
	}
	if (result < 0)
		return error_wrap(err, "keys file '%s'", path);
	*ret_keys = keys;
	keys = NULL;
	return 0;
}

int
token_keys_single(const char *secret, struct token_keys **ret_keys, struct error *err)
{
	const size_t len = strlen(secret);
	char digest[HASH_HEX_SIZE];

	if (len == 0 || len > KEY_BYTES_MAX)
		return error_set(err, ERR_INPUT, "a JWT secret needs 1 to %d bytes", KEY_BYTES_MAX);
	struct token_keys *keys = keys_new();
	struct token_key *key = &keys->keys[keys->count++];
	memcpy(key->bytes, secret, len);
	key->len = len;
	snprintf(key->kid, sizeof(key->kid), "s-%.12s", hash_bytes_hex(secret, len, digest));
	*ret_keys = keys;
	return 0;
}

int
token_keys_conf(const struct conf *conf, struct token_keys **ret_keys, struct error *err)
{
	if (conf_is_set(conf, CONF_JWT_KEYS_FILE))
		return token_keys_load(conf_str(conf, CONF_JWT_KEYS_FILE), ret_keys, err);
	if (conf_is_set(conf, CONF_JWT_SECRET_KEY))
		return token_keys_single(conf_str(conf, CONF_JWT_SECRET_KEY), ret_keys, err);
	error_set(err, ERR_INPUT, "there is no key to sign tokens with");
	error_hint(err, "make one with: framewright keys new FILE, and name the file in JWT_KEYS_FILE");
	return error_fail();
}

/* ---- signing ---- */

/* libjwt answers 0 or an errno; anything but memory would be our mistake. */
static int
fill(jwt_t *jwt, const struct token_key *key, const struct token_claims *claims)
{
	char sub[24];

	snprintf(sub, sizeof(sub), "%lld", (long long)claims->sub);
	return jwt_set_alg(jwt, JWT_ALG_HS256, key->bytes, (int)key->len) || jwt_add_header(jwt, "kid", key->kid) ||
	       jwt_add_grant(jwt, "iss", claims->iss) || jwt_add_grant(jwt, "sub", sub) ||
	       jwt_add_grant(jwt, "email", claims->email) || jwt_add_grant(jwt, "jti", claims->jti) ||
	       jwt_add_grant_int(jwt, "iat", (long)claims->iat) || jwt_add_grant_int(jwt, "exp", (long)claims->exp) ||
	       jwt_add_grant_int(jwt, "epoch", (long)claims->epoch);
}

int
token_sign(const struct token_keys *keys, const struct clock *clock, struct token_claims *claims, struct arena *arena,
    const char **ret_text, struct error *err)
{
	const struct token_key *key = &keys->keys[0];
	CLEANUP(token_done) jwt_t *jwt = NULL;

	text_copy(claims->iss, sizeof(claims->iss), TOKEN_ISSUER);
	text_copy(claims->kid, sizeof(claims->kid), key->kid);
	if (claims->jti[0] == '\0')
		id_uuid(claims->jti);
	if (claims->iat == 0)
		claims->iat = clock_now_s(clock);
	if (claims->sub <= 0 || claims->exp <= claims->iat)
		return error_set(err, ERR_INTERNAL, "a token without a user or with an end before its beginning");
	if (jwt_new(&jwt) != 0 || fill(jwt, key, claims) != 0)
		return error_set(err, ERR_INTERNAL, "libjwt could not build a token");

	char *encoded = jwt_encode_str(jwt);
	if (encoded == NULL)
		return error_errno(err, ERR_INTERNAL, "libjwt could not sign a token");
	const char *text = arena_strdup(arena, encoded);
	free(encoded);
	if (text == NULL)
		return arena_error(arena, err);
	*ret_text = text;
	return 0;
}

/* ---- checking ---- */

static int
refuse(struct error *err, const char *why)
{
	error_set(err, ERR_UNAUTHORIZED, "token refused: %s", why);
	error_public(err, "The access token is not valid.");
	return error_fail();
}

/* Three parts of base64url; libjwt's own decoder accepts more than that. */
static bool
has_shape(const char *text)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	if (text == NULL || strnlen(text, TOKEN_TEXT_MAX + 1) > TOKEN_TEXT_MAX)
		return false;
	for (int part = 0; part < 3; part++) {
		const size_t len = strspn(text, alphabet);
		if (len == 0 || text[len] != (part < 2 ? '.' : '\0'))
			return false;
		text += len + (part < 2);
	}
	return true;
}

/* The unverified header: algorithm and key name. */
static const struct token_key *
claimed_key(const struct token_keys *keys, const char *text)
{
	CLEANUP(token_done) jwt_t *jwt = NULL;

	if (jwt_decode(&jwt, text, NULL, 0) != 0)
		return NULL;
	/* Without a key the library reports the algorithm as none, whatever the header says. */
	const char *alg = jwt_get_header(jwt, "alg");
	if (alg == NULL || strcmp(alg, "HS256") != 0)
		return NULL;
	const char *kid = jwt_get_header(jwt, "kid");
	char *crit = jwt_get_headers_json(jwt, "crit");
	const bool critical = crit != NULL;
	free(crit);
	return kid == NULL || critical ? NULL : key_find(keys, kid);
}

static bool
copy_grant(jwt_t *jwt, const char *name, char *to, size_t size)
{
	const char *value = jwt_get_grant(jwt, name);

	return value != NULL && text_copy(to, size, value) == 0;
}

static bool
take_number(jwt_t *jwt, const char *name, int64_t *ret)
{
	errno = 0;
	*ret = jwt_get_grant_int(jwt, name);
	return errno == 0 && *ret >= 0;
}

static bool
take_claims(jwt_t *jwt, struct token_claims *claims)
{
	const char *sub = jwt_get_grant(jwt, "sub");

	return sub != NULL && text_int(sub, 1, INT64_MAX, &claims->sub) == 0 &&
	       copy_grant(jwt, "iss", claims->iss, sizeof(claims->iss)) && strcmp(claims->iss, TOKEN_ISSUER) == 0 &&
	       copy_grant(jwt, "email", claims->email, sizeof(claims->email)) &&
	       copy_grant(jwt, "jti", claims->jti, sizeof(claims->jti)) && take_number(jwt, "iat", &claims->iat) &&
	       take_number(jwt, "exp", &claims->exp) && take_number(jwt, "epoch", &claims->epoch);
}

int
token_check(const struct token_keys *keys, const struct clock *clock, const char *text, struct token_claims *ret_claims,
    struct error *err)
{
	CLEANUP(token_done) jwt_t *jwt = NULL;
	struct token_claims claims = {0};
	const int64_t now = clock_now_s(clock);

	if (!has_shape(text))
		return refuse(err, "not three parts of base64url");
	const struct token_key *key = claimed_key(keys, text);
	if (key == NULL)
		return refuse(err, "unknown key or algorithm");
	if (jwt_decode(&jwt, text, key->bytes, (int)key->len) != 0 || jwt_get_alg(jwt) != JWT_ALG_HS256)
		return refuse(err, "wrong signature");
	if (!take_claims(jwt, &claims))
		return refuse(err, "a claim is missing or malformed");
	if (claims.iat > now + TOKEN_LEEWAY_S)
		return refuse(err, "issued in the future");
	if (claims.exp <= now) {
		error_code(err, ERR_UNAUTHORIZED, "token_expired", "The access token has expired.");
		return error_fail();
	}
	text_copy(claims.kid, sizeof(claims.kid), key->kid);
	*ret_claims = claims;
	return 0;
}
