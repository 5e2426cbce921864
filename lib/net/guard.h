/*
 * Which addresses we may call when somebody else chose the URL.
 *
 * A URL is checked twice: its text here, and every address its name resolves to at connect time (lib/net/http does it,
 * for each hop), so a DNS answer that changes between check and use gains nothing. Refused are private, loopback,
 * link-local, metadata, multicast, reserved and documentation ranges, in IPv4, IPv6 and every way of writing one inside
 * the other.
 */
#ifndef FW_NET_GUARD_H
#define FW_NET_GUARD_H

#include <sys/socket.h>

#include "lib/base/attr.h"
#include "lib/base/error.h"

#define GUARD_URL_MAX 2048

enum guard_rule {
	GUARD_PUBLIC,	/* public addresses only */
	GUARD_LOOPBACK, /* public and loopback: ALLOW_LOOPBACK_URLS */
	GUARD_ANY,	/* whatever the person at the keyboard named; never for what came from outside */
};

struct guard_url {
	char scheme[8]; /* "http", "https" */
	char host[256]; /* lower case, without brackets */
	uint16_t port;
	size_t path; /* offset of the path in the text; its length when there is none */
};

/* http or https, a host, no user info, no control characters or spaces, port 1-65535 that is not a well-known
 * port of another protocol; hosts that are addresses in any spelling are checked by the rule at once. ret_url may be
 * NULL. ERR_INPUT, code "url_refused". */
int guard_url(const char *url, enum guard_rule rule, struct guard_url *ret_url, struct error *err) MUST_CHECK;
/* AF_INET and AF_INET6 only. */
bool guard_address_ok(const struct sockaddr *address, socklen_t len, enum guard_rule rule) MUST_CHECK;

#endif
