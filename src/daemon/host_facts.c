/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/host_facts.h"

#include "pbxguard/daemon/host_addresses.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX ((size_t)64 * 1024) /* bytes that are read; with more routes than that it is a router */
#define LINE_WORDS 12

/* Flags of a route (linux/route.h). */
#define ROUTE_UP 0x1U
#define ROUTE_GATEWAY 0x2U

static bool add(struct network_set *set, const struct address *address)
{
	const struct network network = {*address, address->family == ADDRESS_IPV4 ? 32 : 128};

	return network_set_contains(set, address) || network_set_add(set, &network);
}

/* Parted by blanks; how many there are. */
static size_t words_of(struct text line, struct text words[static LINE_WORDS])
{
	size_t count = 0;

	for (line = text_trim(line); line.size > 0 && count < LINE_WORDS; line = text_trim(line)) {
		words[count] = text_part(line, 0, text_find_space(line));
		line = text_from(line, words[count++].size);
	}
	return count;
}

static int digit_of(char character)
{
	if (character >= '0' && character <= '9') {
		return character - '0';
	}
	character |= 0x20;
	return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

/* False when it is not exactly so many bytes in hexadecimal. */
static bool read_bytes(struct text text, size_t size, uint8_t *bytes)
{
	if (text.size != 2 * size) {
		return false;
	}
	for (size_t i = 0; i < size; i++) {
		int high = digit_of(text.start[2 * i]), low = digit_of(text.start[2 * i + 1]);
		if (high < 0 || low < 0) {
			return false;
		}
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static uint32_t number_of(const uint8_t bytes[static 4])
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Iface Destination Gateway Flags RefCnt Use Metric Mask … */
bool host_facts_add_ipv4_gateways(struct network_set *set, struct text text)
{
	struct text line, words[LINE_WORDS];
	uint8_t gateway[4], flags[2];
	bool fits = true;

	while (text_split(&text, '\n', &line)) {
		if (words_of(line, words) < 4 || !read_bytes(words[2], 4, gateway) ||
			!read_bytes(words[3], 2, flags) ||
			(flags[1] & (ROUTE_UP | ROUTE_GATEWAY)) != (ROUTE_UP | ROUTE_GATEWAY)) {
			continue;
		}
		uint32_t in_host_order =
			number_of(gateway); /* as the kernel prints a number in memory's order */
		uint8_t bytes[4];
		memcpy(bytes, &in_host_order, sizeof bytes);
		const struct address address = address_ipv4(bytes);
		fits = add(set, &address) && fits;
	}
	return fits;
}

/* Destination length source length next-hop metric references use flags interface */
bool host_facts_add_ipv6_gateways(struct network_set *set, struct text text)
{
	static const uint8_t none[16] = {0};
	struct text line, words[LINE_WORDS];
	uint8_t gateway[16];
	bool fits = true;

	while (text_split(&text, '\n', &line)) {
		if (words_of(line, words) >= 10 && read_bytes(words[4], 16, gateway) &&
			memcmp(gateway, none, sizeof none) != 0) {
			const struct address address = address_ipv6(gateway);
			fits = add(set, &address) && fits;
		}
	}
	return fits;
}

bool host_facts_add_resolvers(struct network_set *set, struct text text)
{
	struct text line, words[LINE_WORDS];
	struct address address;
	bool fits = true;

	while (text_split(&text, '\n', &line)) {
		if (words_of(line, words) >= 2 && text_equal(words[0], TEXT("nameserver"))) {
			/* fe80::1%eth0: the zone is no part of the address. */
			struct text name = text_part(words[1], 0, text_find(words[1], '%'));
			fits = (!address_parse(name, &address) || add(set, &address)) && fits;
		}
	}
	return fits;
}

/* 0, also when there is no such file; -errno. */
static int read_file(const char *path, char *bytes, size_t room, struct text *text)
{
	int file = open(path, O_RDONLY | O_CLOEXEC), result = 0;
	size_t used = 0;
	ssize_t size = 0;

	*text = (struct text){bytes, 0};
	if (file < 0) {
		return errno == ENOENT ? 0 : -errno;
	}
	do {
		used += (size_t)size;
		size = read(file, bytes + used, room - used);
	} while (size > 0 && used + (size_t)size < room);
	if (size < 0) {
		result = -errno;
	} else {
		used += (size_t)size;
	}
	close(file);
	text->size = used;
	return result;
}

int host_facts_read(struct network_set *set)
{
	/* Below self: of a service, which sees processes only (ProcSubset=pid), /proc/net is hidden. */
	static const struct {
		const char *path;
		bool (*add)(struct network_set *set, struct text text);
	} sources[] = {
		{"/proc/self/net/route", host_facts_add_ipv4_gateways},
		{"/proc/self/net/ipv6_route", host_facts_add_ipv6_gateways},
		{"/etc/resolv.conf", host_facts_add_resolvers},
		{"/run/systemd/resolve/resolv.conf", host_facts_add_resolvers},
	};
	char bytes[FILE_MAX];
	struct text text;
	int result;

	set->count = 0;
	result = host_addresses_add(set);
	for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
		int error = read_file(sources[i].path, bytes, sizeof bytes, &text);
		if (error == 0 && !sources[i].add(set, text)) {
			error = -ENOSPC;
		}
		result = error != 0 ? error : result;
	}
	return result;
}
