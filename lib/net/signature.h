/*
 * The signature of an outgoing webhook (Standard Webhooks 1.0): what receivers compute to know that a message is ours.
 *
 *     signed content   id "." seconds since 1970 "." body
 *     header           "v1," and the base64 of HMAC-SHA-256; with two keys two of them, separated by a space
 */
#ifndef FW_NET_SIGNATURE_H
#define FW_NET_SIGNATURE_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"

/* How a key is written for people: this and its base64. */
#define SIGNATURE_SECRET_PREFIX "whsec_"

struct signature_key {
	const unsigned char *bytes; /* NULL: there is none */
	size_t len;
};

struct signature_message {
	const char *id; /* without a '.' */
	int64_t at_s;	/* of this attempt */
	const char *body;
};

/* Appends the value of the header webhook-signature: one signature for each key that is there. */
void signature_put(
    struct buf *header, const struct signature_message *message, const struct signature_key *keys, size_t n_keys);

/* Appends the key as people carry it. */
void signature_secret_put(struct buf *text, const struct signature_key *key);

#endif
