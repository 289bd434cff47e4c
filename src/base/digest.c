/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/base/digest.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

static_assert(sizeof(struct digest_key) == crypto_shorthash_KEYBYTES, "SipHash takes a key of 16 bytes");
static_assert(sizeof(struct digest) == crypto_shorthash_siphashx24_BYTES, "SipHash-128 gives 16 bytes");

struct digest_key digest_key_new(void)
{
	struct digest_key key;

	if (sodium_init() < 0) {
		abort();
	}
	randombytes_buf(key.bytes, sizeof key.bytes);
	return key;
}

uint64_t digest_short(const struct digest_key *key, const void *bytes, size_t size)
{
	uint64_t value;

	crypto_shorthash((unsigned char *)&value, bytes, size, key->bytes);
	return value;
}

uint64_t digest_text(const struct digest_key *key, struct text text)
{
	return digest_short(key, text.size > 0 ? text.start : "", text.size);
}

struct digest digest_long(const struct digest_key *key, const void *bytes, size_t size)
{
	struct digest digest;

	crypto_shorthash_siphashx24(digest.bytes, bytes, size, key->bytes);
	return digest;
}

struct digest digest_text_long(const struct digest_key *key, struct text text)
{
	return digest_long(key, text.size > 0 ? text.start : "", text.size);
}

struct digest digest_plain(const void *bytes, size_t size)
{
	struct digest digest;

	crypto_generichash(digest.bytes, sizeof digest.bytes, bytes, size, NULL, 0);
	return digest;
}
