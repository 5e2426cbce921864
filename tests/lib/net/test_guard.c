/* lib/net/guard.c */
#include "tests/harness/test_main.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "lib/net/guard.h"

static bool
address_ok(const char *text, enum guard_rule rule)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return guard_address_ok((const struct sockaddr *)&in, sizeof(in), rule);
	if (inet_pton(AF_INET6, text, &in6.sin6_addr) != 1)
		abort();
	return guard_address_ok((const struct sockaddr *)&in6, sizeof(in6), rule);
}

TEST(addresses_that_are_not_public_are_refused)
{
	static const char *const rows[] = {"0.0.0.0", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1",
	    "127.255.0.9", "169.254.169.254", "168.63.129.16", "172.16.0.1", "172.31.255.255", "192.0.0.170",
	    "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9",
	    "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1",
	    "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "100::1", "2001::1",
	    "2001:1ff::1", "2001:db8::1", "2002:a00:1::1", "2002:808:808::1", "3fff::1", "fc00::1", "fd12:3456::1",
	    "fe80::1", "fec0::1", "ff02::1", "4000::1", "1000::1"};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (!CHECK(!address_ok(rows[i], GUARD_PUBLIC)))
			fprintf(stderr, "accepted: %s\n", rows[i]);
}

TEST(public_addresses_pass)
{
	static const char *const rows[] = {"8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.0.1",
	    "172.32.0.1", "192.167.1.1", "198.17.1.1", "198.20.0.1", "223.255.255.255", "2606:4700::1111",
	    "2001:4860:4860::8888", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (!CHECK(address_ok(rows[i], GUARD_PUBLIC)))
			fprintf(stderr, "refused: %s\n", rows[i]);
}

TEST(loopback_rule_adds_loopback_only)
{
	CHECK(address_ok("127.0.0.1", GUARD_LOOPBACK));
	CHECK(address_ok("::1", GUARD_LOOPBACK));
	CHECK(address_ok("::ffff:127.0.0.1", GUARD_LOOPBACK));
	CHECK(address_ok("8.8.8.8", GUARD_LOOPBACK));
	CHECK(!address_ok("10.0.0.1", GUARD_LOOPBACK));
	CHECK(!address_ok("169.254.169.254", GUARD_LOOPBACK));
	CHECK(!address_ok("64:ff9b::127.0.0.1", GUARD_LOOPBACK));
	CHECK(!address_ok("0.0.0.0", GUARD_LOOPBACK));
}

TEST(other_families_are_refused)
{
	const struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/run/x"};
	const struct sockaddr_in in = {.sin_family = AF_INET};

	CHECK(!guard_address_ok((const struct sockaddr *)&un, sizeof(un), GUARD_LOOPBACK));
	CHECK(!guard_address_ok((const struct sockaddr *)&in, 4, GUARD_LOOPBACK));
}

TEST(urls_are_taken_apart)
{
	struct guard_url url;
	struct error err;

	CHECK_OK(guard_url("HTTPS://Example.ORG:8443/a?b#c", GUARD_PUBLIC, &url, &err), &err);
	CHECK_STR(url.scheme, "https");
	CHECK_STR(url.host, "example.org");
	CHECK_INT(url.port, 8443);
	CHECK_INT(url.path, strlen("HTTPS://Example.ORG:8443"));
	CHECK_OK(guard_url("http://example.org", GUARD_PUBLIC, &url, &err), &err);
	CHECK_INT(url.port, 80);
	CHECK_OK(guard_url("https://[2606:4700::1111]:443/x", GUARD_PUBLIC, &url, &err), &err);
	CHECK_STR(url.host, "2606:4700::1111");
	CHECK_OK(guard_url("http://127.0.0.1:9000/x", GUARD_LOOPBACK, &url, &err), &err);
	CHECK_OK(guard_url("http://localhost:9000/x", GUARD_LOOPBACK, &url, &err), &err);
	CHECK_OK(guard_url("https://a.b/?next=http://10.0.0.1@x", GUARD_PUBLIC, NULL, &err), &err);
}

TEST(urls_are_refused)
{
	static const char *const rows[] = {"", "example.org", "ftp://example.org/", "file:///etc/passwd",
	    "javascript:alert(1)", "//example.org", "http:/example.org", "http://", "http:///x",
	    "http://user@example.org/", "http://a:b@example.org/", "http://example.org:0/", "http://example.org:65536/",
	    "http://example.org:/", "http://example.org:80x/", "http://example.org:22/", "http://example.org:25/",
	    "http://exa mple.org/", "http://example.org/a b", "http://example.org/\r\nX: y", "http://example.org/\x7f",
	    "http://ex\xc3\xa4mple.org/", "http://example.org\\@evil/", "http://127.0.0.1/", "http://127.1/",
	    "http://2130706433/", "http://0x7f000001/", "http://017700000001/", "http://0/", "http://10.0.0.1/",
	    "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://[::ffff:7f00:1]/", "http://[::1",
	    "http://[zz]/", "http://[fe80::1%25eth0]/", "http://localhost/", "http://a.localhost/",
	    "http://x.internal/", "http://printer.local/", "http://.example.org/", "http://a..b/", "http://-a/",
	    "http://a_b|c/"};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error err = {0};
		if (!CHECK_FAILS_CODE(guard_url(rows[i], GUARD_PUBLIC, NULL, &err), &err, ERR_INPUT, "url_refused"))
			fprintf(stderr, "accepted: %s\n", rows[i]);
	}
	struct error err;
	char *huge = arena_zalloc(test_arena(), 4000);
	memset(huge, 'a', 3999);
	memcpy(huge, "http://", 7);
	CHECK_FAILS(guard_url(huge, GUARD_PUBLIC, NULL, &err), &err, ERR_INPUT);
	huge[1500] = '\0';
	CHECK_FAILS(guard_url(huge, GUARD_PUBLIC, NULL, &err), &err, ERR_INPUT);
	CHECK_FAILS(guard_url(NULL, GUARD_PUBLIC, NULL, &err), &err, ERR_INPUT);
	CHECK_FAILS(guard_url("http://10.0.0.1/", GUARD_LOOPBACK, NULL, &err), &err, ERR_INPUT);
}

TEST_MAIN(ROW(addresses_that_are_not_public_are_refused), ROW(public_addresses_pass),
    ROW(loopback_rule_adds_loopback_only), ROW(other_families_are_refused), ROW(urls_are_taken_apart),
    ROW(urls_are_refused))
