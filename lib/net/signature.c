#include "lib/net/signature.h"

#include <inttypes.h>

#include "lib/base/hash.h"
#include "lib/base/text.h"

#define CONTENT_MAX (4 * MIB)

void
signature_put(
    struct buf *header, const struct signature_message *message, const struct signature_key *keys, size_t n_keys)
{
	CLEANUP(buf_done) struct buf content = BUF_INIT(CONTENT_MAX);
	unsigned char mac[HASH_SIZE];

	buf_printf(&content, "%s.%" PRId64 ".%s", message->id, message->at_s, message->body);
	for (size_t i = 0; i < n_keys; i++) {
		if (keys[i].bytes == NULL)
			continue;
		hash_hmac(keys[i].bytes, keys[i].len, content.data, content.len, mac);
		buf_puts(header, i == 0 ? "v1," : " v1,");
		text_base64(header, mac, sizeof(mac));
	}
}

void
signature_secret_put(struct buf *text, const struct signature_key *key)
{
	buf_puts(text, SIGNATURE_SECRET_PREFIX);
	text_base64(text, key->bytes, key->len);
}
