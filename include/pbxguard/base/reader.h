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
	const uint8_t *bytes; /* what is left, borrowed; NULL: failed */
	size_t size;
};

static inline struct reader reader_of(const void *bytes, size_t size)
{
	return (struct reader){bytes != NULL ? (const uint8_t *)bytes : (const uint8_t *)"", size};
}

static inline bool reader_failed(const struct reader *reader)
{
	return reader->bytes == NULL;
}

/* The next size bytes, borrowed; NULL when there are fewer. */
static inline const uint8_t *reader_take(struct reader *reader, size_t size)
{
	const uint8_t *bytes = reader->bytes;

	if (bytes == NULL || size > reader->size) {
		*reader = (struct reader){NULL, 0};
		return NULL;
	}
	*reader = (struct reader){bytes + size, reader->size - size};
	return bytes;
}

static inline void reader_skip(struct reader *reader, size_t size)
{
	reader_take(reader, size);
}

static inline uint8_t reader_u8(struct reader *reader)
{
	const uint8_t *byte = reader_take(reader, 1);

	return byte == NULL ? 0 : byte[0];
}

/* Network byte order. */
static inline uint16_t reader_u16(struct reader *reader)
{
	const uint8_t *byte = reader_take(reader, 2);

	return byte == NULL ? 0 : (uint16_t)(byte[0] << 8 | byte[1]);
}

static inline uint32_t reader_u32(struct reader *reader)
{
	const uint8_t *byte = reader_take(reader, 4);

	return byte == NULL
		       ? 0
		       : (uint32_t)byte[0] << 24 | (uint32_t)byte[1] << 16 | (uint32_t)byte[2] << 8 | byte[3];
}

static inline uint32_t reader_u32_little(struct reader *reader)
{
	const uint8_t *byte = reader_take(reader, 4);

	return byte == NULL
		       ? 0
		       : (uint32_t)byte[3] << 24 | (uint32_t)byte[2] << 16 | (uint32_t)byte[1] << 8 | byte[0];
}

static inline uint64_t reader_u64_little(struct reader *reader)
{
	uint64_t low = reader_u32_little(reader), high = reader_u32_little(reader);

	return reader_failed(reader) ? 0 : high << 32 | low;
}

static inline size_t reader_left(const struct reader *reader)
{
	return reader->size;
}

/* What is left, cut to size bytes where it is longer. */
static inline struct reader reader_rest(const struct reader *reader, size_t size)
{
	return (struct reader){reader->bytes, size < reader->size ? size : reader->size};
}

#endif
