/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cursor over borrowed bytes. The first read past the end fails it for good: what it returns after that is
 * zero or NULL, so a decoder may read a whole header and ask once. The only place that does arithmetic on
 * packet offsets.
 */
#ifndef PBXGUARD_BASE_READER_H
#define PBXGUARD_BASE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
	const uint8_t *bytes; /* borrowed */
	size_t size;
	size_t position; /* never above size */
	bool failed;
};

struct reader reader_of(const void *bytes, size_t size);

uint8_t reader_u8(struct reader *reader);
uint16_t reader_u16(struct reader *reader); /* network byte order */
uint32_t reader_u32(struct reader *reader);
uint16_t reader_u16_little(struct reader *reader);
uint32_t reader_u32_little(struct reader *reader);

/* The next size bytes, borrowed; NULL when there are fewer. */
const uint8_t *reader_take(struct reader *reader, size_t size);
void reader_skip(struct reader *reader, size_t size);
size_t reader_left(const struct reader *reader);

/* What is left, as a reader of its own, cut to size bytes where it is longer. */
struct reader reader_rest(const struct reader *reader, size_t size);

#endif
