/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/rules/learned.h"

#include "pbxguard/base/digest.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define MARK "pbxguard"
#define MARK_SIZE (sizeof MARK - 1)
#define NAME_SIZE 32

void learned_put(struct learned_writer *writer, const void *bytes, size_t size)
{
	if (writer->size <= writer->room && size <= writer->room - writer->size) {
		memcpy(writer->bytes + writer->size, bytes, size);
	}
	writer->size += size;
}

static void put_number(struct learned_writer *writer, uint64_t number, size_t size)
{
	uint8_t bytes[sizeof number];

	for (size_t i = 0; i < size; i++) {
		bytes[i] = (uint8_t)(number >> (8 * i));
	}
	learned_put(writer, bytes, size);
}

void learned_put_u32(struct learned_writer *writer, uint32_t number)
{
	put_number(writer, number, sizeof number);
}

void learned_put_u64(struct learned_writer *writer, uint64_t number)
{
	put_number(writer, number, sizeof number);
}

struct learned_writer learned_write(uint8_t *bytes, size_t room, const char *rule, uint32_t version)
{
	struct learned_writer writer = {0};
	char name[NAME_SIZE + 1] = "";

	assert(strlen(rule) <= NAME_SIZE);
	snprintf(name, sizeof name, "%s", rule);
	writer.bytes = bytes;
	writer.room = room;
	learned_put(&writer, MARK, MARK_SIZE);
	learned_put(&writer, name, NAME_SIZE);
	learned_put_u32(&writer, version);
	return writer;
}

size_t learned_end(struct learned_writer *writer)
{
	struct digest digest = {0};

	if (writer->size <= writer->room) {
		digest = digest_plain(writer->bytes, writer->size);
	}
	learned_put(writer, &digest, sizeof digest);
	return writer->size;
}

static bool is_head(struct reader *reader, const char *rule, uint32_t version)
{
	const uint8_t *mark = reader_take(reader, MARK_SIZE), *name = reader_take(reader, NAME_SIZE);
	uint32_t its_version = reader_u32_little(reader);

	return !reader_failed(reader) && memcmp(mark, MARK, MARK_SIZE) == 0 &&
	       strncmp((const char *)name, rule, NAME_SIZE) == 0 && its_version == version;
}

bool learned_read(
	const uint8_t *bytes, size_t size, const char *rule, uint32_t version, struct reader *reader)
{
	struct digest digest;

	if (size < sizeof digest) {
		return false;
	}
	struct reader content = reader_of(bytes, size - sizeof digest);
	digest = digest_plain(bytes, content.size);
	if (memcmp(&digest, bytes + content.size, sizeof digest) != 0 || !is_head(&content, rule, version)) {
		return false;
	}
	*reader = reader_rest(&content, reader_left(&content));
	return true;
}

void learned_take(struct reader *reader, void *bytes, size_t size)
{
	const uint8_t *from = reader_take(reader, size);

	if (from != NULL) {
		memcpy(bytes, from, size);
	} else {
		memset(bytes, 0, size);
	}
}
