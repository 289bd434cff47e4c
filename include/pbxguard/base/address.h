/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv4 and IPv6 addresses, networks and sets of networks. An IPv4-mapped IPv6 address is the IPv4 address. */
#ifndef PBXGUARD_BASE_ADDRESS_H
#define PBXGUARD_BASE_ADDRESS_H

#include "pbxguard/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum address_family { ADDRESS_NONE = 0, ADDRESS_IPV4 = 4, ADDRESS_IPV6 = 6 };

struct address {
	uint8_t family;    /* enum address_family */
	uint8_t bytes[16]; /* network byte order; the first 4 for IPv4, the others zero */
};

struct endpoint {
	struct address address;
	uint16_t port; /* 0: none */
};

struct network {
	struct address address; /* bits past prefix_length are zero */
	uint8_t prefix_length;  /* bits */
};

#define NETWORK_SET_MAX 256

struct network_set {
	size_t count;
	struct network networks[NETWORK_SET_MAX];
};

/* Into an address that is all zero. */
static inline void address_set_ipv4(struct address *address, const uint8_t bytes[static 4])
{
	address->family = ADDRESS_IPV4;
	memcpy(address->bytes, bytes, 4);
}

static inline struct address address_ipv4(const uint8_t bytes[static 4])
{
	struct address address = {0};

	address_set_ipv4(&address, bytes);
	return address;
}

struct address address_ipv6(const uint8_t bytes[static 16]);
bool address_equal(const struct address *a, const struct address *b);
bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);

bool address_parse(struct text text, struct address *address); /* no zone index, no port */
/* "192.0.2.0/24", or an address alone. Bits set past the length make it false. */
bool network_parse(struct text text, struct network *network);

#define ADDRESS_TEXT_SIZE 46
#define ENDPOINT_TEXT_SIZE 56
#define NETWORK_TEXT_SIZE 50
char *address_format(const struct address *address, char buffer[static ADDRESS_TEXT_SIZE]);
/* 198.51.100.66:5060, [2001:db8::1]:5060. Returns buffer. */
char *endpoint_format(const struct endpoint *endpoint, char buffer[static ENDPOINT_TEXT_SIZE]);
char *network_format(const struct network *network, char buffer[static NETWORK_TEXT_SIZE]);

bool network_contains(const struct network *network, const struct address *address);
/* Is there an address in both? */
bool network_overlaps(const struct network *a, const struct network *b);
bool network_set_contains(const struct network_set *set, const struct address *address);
bool network_set_overlaps(const struct network_set *set, const struct network *network);
/* False when the set is full. */
bool network_set_add(struct network_set *set, const struct network *network);

#endif
