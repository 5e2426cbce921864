/*
 * Address ranges as tables. IPv6 is decided the other way round: only global unicast passes, less the special blocks in
 * it, and forms that carry an IPv4 address are judged by that address.
 */
#include "lib/net/guard.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>

#include "lib/base/text.h"

#define WELL_KNOWN_PORTS 1024

struct range4 {
	uint32_t net;
	unsigned bits;
};

#define NET4(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/* Not globally reachable, after the IANA special-purpose registry; 168.63.129.16 is a cloud's metadata service. */
static const struct range4 refused4[] = {
    {NET4(0, 0, 0, 0), 8}, {NET4(10, 0, 0, 0), 8}, {NET4(100, 64, 0, 0), 10}, {NET4(127, 0, 0, 0), 8},
    {NET4(168, 63, 129, 16), 32}, {NET4(169, 254, 0, 0), 16}, {NET4(172, 16, 0, 0), 12}, {NET4(192, 0, 0, 0), 24},
    {NET4(192, 0, 2, 0), 24}, {NET4(192, 31, 196, 0), 24}, {NET4(192, 52, 193, 0), 24}, {NET4(192, 88, 99, 0), 24},
    {NET4(192, 168, 0, 0), 16}, {NET4(192, 175, 48, 0), 24}, {NET4(198, 18, 0, 0), 15}, {NET4(198, 51, 100, 0), 24},
    {NET4(203, 0, 113, 0), 24}, {NET4(224, 0, 0, 0), 3}, /* multicast, reserved, broadcast */
};

struct range6 {
	unsigned char net[16];
	unsigned bits;
};

/* Special blocks inside 2000::/3. */
static const struct range6 refused6[] = {
    {{0x20, 0x01}, 23},			  /* protocol assignments: Teredo, ORCHID, benchmarking */
    {{0x20, 0x01, 0x0d, 0xb8}, 32},	  /* documentation */
    {{0x20, 0x02}, 16},			  /* 6to4: carries an IPv4 address and is long dead */
    {{0x3f, 0xfe}, 16},			  /* 6bone, returned */
    {{0x3f, 0xff}, 20},			  /* documentation */
    {{0x26, 0x20, 0x00, 0x4f, 0x80}, 48}, /* AS112 */
};

static bool
address4_ok(uint32_t address, enum guard_rule rule)
{
	if (rule == GUARD_ANY)
		return true;
	if (address >> 24 == 127)
		return rule == GUARD_LOOPBACK;
	for (size_t i = 0; i < ARRAY_LEN(refused4); i++)
		if ((address ^ refused4[i].net) >> (32 - refused4[i].bits) == 0)
			return false;
	return true;
}

static bool
in_range6(const unsigned char address[static 16], const unsigned char *net, unsigned bits)
{
	if (memcmp(address, net, bits / 8) != 0)
		return false;
	return bits % 8 == 0 || (address[bits / 8] ^ net[bits / 8]) >> (8 - bits % 8) == 0;
}

static bool
address6_ok(const unsigned char a[static 16], enum guard_rule rule)
{
	static const unsigned char loopback[16] = {[15] = 1};
	static const unsigned char mapped[16] = {[10] = 0xff, [11] = 0xff};
	static const unsigned char nat64[16] = {0x00, 0x64, 0xff, 0x9b};
	const uint32_t inner = NET4(a[12], a[13], a[14], a[15]);

	if (rule == GUARD_ANY)
		return true;
	if (memcmp(a, loopback, 16) == 0)
		return rule == GUARD_LOOPBACK;
	if (in_range6(a, mapped, 96))
		return address4_ok(inner, rule);
	if (in_range6(a, nat64, 96))
		return address4_ok(inner, GUARD_PUBLIC);
	if ((a[0] & 0xe0) != 0x20)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(refused6); i++)
		if (in_range6(a, refused6[i].net, refused6[i].bits))
			return false;
	return true;
}

bool
guard_address_ok(const struct sockaddr *address, socklen_t len, enum guard_rule rule)
{
	if (address->sa_family == AF_INET && len >= sizeof(struct sockaddr_in)) {
		struct sockaddr_in in;
		memcpy(&in, address, sizeof(in));
		return address4_ok(ntohl(in.sin_addr.s_addr), rule);
	}
	if (address->sa_family == AF_INET6 && len >= sizeof(struct sockaddr_in6)) {
		struct sockaddr_in6 in6;
		memcpy(&in6, address, sizeof(in6));
		return address6_ok(in6.sin6_addr.s6_addr, rule);
	}
	return false;
}

static int
refuse(struct error *err, const char *why)
{
	return error_code(err, ERR_INPUT, "url_refused", "this URL cannot be used: %s", why);
}

/* inet_aton takes what resolvers take: "127.1", "0x7f000001", "017700000001". */
static int
check_host(const struct guard_url *url, bool bracketed, enum guard_rule rule, struct error *err)
{
	struct in_addr in;
	struct in6_addr in6;

	if (bracketed) {
		if (inet_pton(AF_INET6, url->host, &in6) != 1)
			return refuse(err, "its address is malformed");
		return address6_ok(in6.s6_addr, rule) ? 0 : refuse(err, "its address is not a public one");
	}
	if (inet_aton(url->host, &in) != 0)
		return address4_ok(ntohl(in.s_addr), rule) ? 0 : refuse(err, "its address is not a public one");
	for (const char *c = url->host; *c != '\0'; c++)
		if (!isalnum((unsigned char)*c) && strchr("-._", *c) == NULL)
			return refuse(err, "its host name is malformed");
	if (url->host[0] == '.' || url->host[0] == '-' || strstr(url->host, "..") != NULL)
		return refuse(err, "its host name is malformed");
	const bool local = strcmp(url->host, "localhost") == 0 || text_ends(url->host, ".localhost");
	if (rule == GUARD_ANY)
		return 0;
	if (local ? rule != GUARD_LOOPBACK : text_ends(url->host, ".internal") || text_ends(url->host, ".local"))
		return refuse(err, "its host is not a public one");
	return 0;
}

/* "host", "host:port", "[v6]:port"; len without the path. */
static int
split_authority(const char *text, size_t len, struct guard_url *url, bool *ret_bracketed, struct error *err)
{
	const bool bracketed = len > 0 && text[0] == '[';
	const char *end = bracketed ? memchr(text, ']', len) : memchr(text, ':', len);
	int64_t port = strcmp(url->scheme, "https") == 0 ? 443 : 80;
	char digits[8] = "";

	if (memchr(text, '@', len) != NULL)
		return refuse(err, "it carries a user name");
	if (bracketed && end == NULL)
		return refuse(err, "its address is malformed");
	const size_t host = end == NULL ? len : (size_t)(end - text) - bracketed;
	if (host == 0 || host >= sizeof(url->host))
		return refuse(err, "it has no host or a very long one");
	for (size_t i = 0; i < host; i++)
		url->host[i] = (char)tolower((unsigned char)text[bracketed + i]);
	url->host[host] = '\0';

	const size_t used = host + 2 * (size_t)bracketed;
	if (used < len) {
		const size_t rest = len - used - 1;
		if (text[used] != ':' || rest == 0 || rest >= sizeof(digits))
			return refuse(err, "its port is malformed");
		memcpy(digits, text + used + 1, rest);
		if (text_int(digits, 1, 65535, &port) < 0)
			return refuse(err, "its port is malformed");
	}
	url->port = (uint16_t)port;
	*ret_bracketed = bracketed;
	return 0;
}

int
guard_url(const char *url, enum guard_rule rule, struct guard_url *ret_url, struct error *err)
{
	struct guard_url parts = {0};
	bool bracketed;

	if (url == NULL || strlen(url) > GUARD_URL_MAX)
		return refuse(err, "it is too long");
	for (const char *c = url; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || *c == '\\')
			return refuse(err, "it contains characters that must be escaped");
	const size_t scheme = strncasecmp(url, "https://", 8) == 0 ? 5 : strncasecmp(url, "http://", 7) == 0 ? 4 : 0;
	if (scheme == 0)
		return refuse(err, "it does not begin with http:// or https://");
	memcpy(parts.scheme, "https", scheme);

	const char *authority = url + scheme + 3;
	const size_t len = strcspn(authority, "/?#");
	parts.path = (size_t)(authority - url) + len;
	if (split_authority(authority, len, &parts, &bracketed, err) < 0 ||
	    check_host(&parts, bracketed, rule, err) < 0)
		return -1;
	if (parts.port < WELL_KNOWN_PORTS && parts.port != 80 && parts.port != 443)
		return refuse(err, "its port belongs to another service");
	if (ret_url != NULL)
		*ret_url = parts;
	return 0;
}
