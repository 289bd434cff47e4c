/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a rule has learned, as bytes that outlive the process (save and restore of struct rule):
 *
 *   8 bytes   "pbxguard"
 *   32        the rule's name, filled up with NULs
 *   4         the version of what follows, the rule's own
 *   ...       what it has learned, numbers in little-endian
 *   16        a digest of all before (BLAKE2b), by which damage is told
 */
#ifndef PBXGUARD_RULES_LEARNED_H
#define PBXGUARD_RULES_LEARNED_H

#include "pbxguard/base/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct learned_writer {
	uint8_t *bytes; /* borrowed */
	size_t room, size;
};

/* Begins with the head. Where there is no room, nothing is written, but the size goes on growing. */
struct learned_writer learned_write(uint8_t *bytes, size_t room, const char *rule, uint32_t version);
void learned_put(struct learned_writer *writer, const void *bytes, size_t size);
void learned_put_u32(struct learned_writer *writer, uint32_t number);
void learned_put_u64(struct learned_writer *writer, uint64_t number);
/* Puts the digest. The size of all of it, whether it was written or not. */
size_t learned_end(struct learned_writer *writer);

/*
 * *reader is then what lies between head and digest. False, and *reader untouched, when it is not whole, not
 * that rule's or of another version.
 */
bool learned_read(
	const uint8_t *bytes, size_t size, const char *rule, uint32_t version, struct reader *reader);
/* Copies bytes; zeros, and the reader has failed, when there are too few. */
void learned_take(struct reader *reader, void *bytes, size_t size);

#endif
