/*
 * URLs: what passes has a host and a port, and a literal address that passes is a public one.
 */
#include "tests/fuzz/fuzz.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>

#include "lib/base/arena.h"
#include "lib/net/guard.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(16 * MIB);
	const char *text = arena_strndup(arena, (const char *)data, size);
	struct guard_url url;
	struct error err;

	if (text == NULL || guard_url(text, GUARD_PUBLIC, &url, &err) < 0)
		return 0;
	assert(url.host[0] != '\0' && url.port != 0 && url.path <= strlen(text));
	struct sockaddr_in in = {.sin_family = AF_INET};
	if (inet_aton(url.host, &in.sin_addr) != 0)
		assert(guard_address_ok((const struct sockaddr *)&in, sizeof(in), GUARD_PUBLIC));
	return 0;
}
