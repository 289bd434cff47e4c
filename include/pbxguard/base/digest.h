/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Digests, by libsodium. Keyed ones choose buckets and stand for long keys: who writes the packets does not
 * know the key, so can't make them collide. The plain one names incidents: the same in every run.
 */
#ifndef PBXGUARD_BASE_DIGEST_H
#define PBXGUARD_BASE_DIGEST_H

#include "pbxguard/base/text.h"

#include <stddef.h>
#include <stdint.h>

struct digest_key {
	uint8_t bytes[16];
};

struct digest {
	uint8_t bytes[16];
};

/* A fresh random key. Ends the process if the kernel has no randomness to give: nothing would be safe then.
 */
struct digest_key digest_key_new(void);

uint64_t digest_short(const struct digest_key *key, const void *bytes, size_t size); /* SipHash-2-4 */
struct digest digest_long(
	const struct digest_key *key, const void *bytes, size_t size); /* SipHash-2-4, 128 bits */
struct digest digest_plain(const void *bytes, size_t size);            /* BLAKE2b, 128 bits, no key */

/* The same of a text, which may be none at all. */
uint64_t digest_text(const struct digest_key *key, struct text text);
struct digest digest_text_long(const struct digest_key *key, struct text text);

#endif
