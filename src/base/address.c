/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/base/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

struct address address_ipv6(const uint8_t bytes[static 16])
{
	static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF}; /* ::ffff:0:0/96, RFC 4291 §2.5.5.2 */
	struct address address = {.family = ADDRESS_IPV6};

	if (memcmp(bytes, mapped, sizeof mapped) == 0) {
		return address_ipv4(bytes + 12);
	}
	memcpy(address.bytes, bytes, 16);
	return address;
}

bool address_equal(const struct address *a, const struct address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && address_equal(&a->address, &b->address);
}

bool address_parse(struct text text, struct address *address)
{
	char copy[ADDRESS_TEXT_SIZE];
	uint8_t bytes[16];

	if (memchr(text.start == NULL ? "" : text.start, '\0', text.size) != NULL ||
		!text_copy(text, copy, sizeof copy)) {
		return false;
	}
	if (inet_pton(AF_INET, copy, bytes) == 1) {
		*address = address_ipv4(bytes);
		return true;
	}
	if (inet_pton(AF_INET6, copy, bytes) == 1) {
		*address = address_ipv6(bytes);
		return true;
	}
	return false;
}

static unsigned address_bits(const struct address *address)
{
	return address->family == ADDRESS_IPV4 ? 32 : 128;
}

/* The byte of a netmask at an index: prefix_length ones from the left. */
static uint8_t mask_byte(unsigned prefix_length, size_t index)
{
	size_t first = index * 8;

	if (prefix_length >= first + 8) {
		return 0xFF;
	}
	return prefix_length <= first ? 0 : (uint8_t)(0xFF << (8 - (prefix_length - first)));
}

bool network_parse(struct text text, struct network *network)
{
	size_t slash = text_find(text, '/');
	struct network read = {0};
	uint64_t length;

	if (!address_parse(text_part(text, 0, slash), &read.address)) {
		return false;
	}
	length = address_bits(&read.address);
	if (slash < text.size && !text_to_number(text_from(text, slash + 1), length, &length)) {
		return false;
	}
	read.prefix_length = (uint8_t)length;
	for (size_t i = 0; i < sizeof read.address.bytes; i++) {
		if ((read.address.bytes[i] & ~mask_byte(read.prefix_length, i)) != 0) {
			return false;
		}
	}
	*network = read;
	return true;
}

/* inet_ntop goes by way of sprintf, and every call's address is written. */
static void format_ipv4(const struct address *address, char *buffer)
{
	for (size_t i = 0; i < 4; i++) {
		uint8_t byte = address->bytes[i];
		if (byte >= 100) {
			*buffer++ = (char)('0' + byte / 100);
		}
		if (byte >= 10) {
			*buffer++ = (char)('0' + byte / 10 % 10);
		}
		*buffer++ = (char)('0' + byte % 10);
		*buffer++ = i < 3 ? '.' : '\0';
	}
}

char *address_format(const struct address *address, char buffer[static ADDRESS_TEXT_SIZE])
{
	buffer[0] = '\0';
	if (address->family == ADDRESS_IPV4) {
		format_ipv4(address, buffer);
	} else if (address->family == ADDRESS_IPV6) {
		inet_ntop(AF_INET6, address->bytes, buffer, ADDRESS_TEXT_SIZE); /* can't fail: it fits */
	}
	return buffer;
}

char *endpoint_format(const struct endpoint *endpoint, char buffer[static ENDPOINT_TEXT_SIZE])
{
	char address[ADDRESS_TEXT_SIZE];

	address_format(&endpoint->address, address);
	snprintf(buffer, ENDPOINT_TEXT_SIZE, endpoint->address.family == ADDRESS_IPV6 ? "[%s]:%u" : "%s:%u",
		address, endpoint->port);
	return buffer;
}

char *network_format(const struct network *network, char buffer[static NETWORK_TEXT_SIZE])
{
	char address[ADDRESS_TEXT_SIZE];

	address_format(&network->address, address);
	if (network->prefix_length == address_bits(&network->address)) {
		snprintf(buffer, NETWORK_TEXT_SIZE, "%s", address);
	} else {
		snprintf(buffer, NETWORK_TEXT_SIZE, "%s/%u", address, network->prefix_length);
	}
	return buffer;
}

bool network_contains(const struct network *network, const struct address *address)
{
	if (network->address.family != address->family) {
		return false;
	}
	for (size_t i = 0; i * 8 < network->prefix_length; i++) {
		if (((network->address.bytes[i] ^ address->bytes[i]) &
			    mask_byte(network->prefix_length, i)) != 0) {
			return false;
		}
	}
	return true;
}

bool network_overlaps(const struct network *a, const struct network *b)
{
	const struct network *wider = a->prefix_length <= b->prefix_length ? a : b;

	return network_contains(wider, wider == a ? &b->address : &a->address);
}

bool network_set_contains(const struct network_set *set, const struct address *address)
{
	for (size_t i = 0; i < set->count; i++) {
		if (network_contains(&set->networks[i], address)) {
			return true;
		}
	}
	return false;
}

bool network_set_overlaps(const struct network_set *set, const struct network *network)
{
	for (size_t i = 0; i < set->count; i++) {
		if (network_overlaps(&set->networks[i], network)) {
			return true;
		}
	}
	return false;
}

bool network_set_add(struct network_set *set, const struct network *network)
{
	if (set->count == NETWORK_SET_MAX) {
		return false;
	}
	set->networks[set->count++] = *network;
	return true;
}
