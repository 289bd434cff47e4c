/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who reads the bytes of TCP connections, and what it is told with them. */
#ifndef PBXGUARD_DECODE_TCP_READER_H
#define PBXGUARD_DECODE_TCP_READER_H

#include "pbxguard/base/address.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whose bytes, and when the packet came that brought them to light. */
struct tcp_place {
	struct endpoint source, destination;
	instant time;
	uint32_t sequence; /* set for the reader: of the first byte that it is given */
};

/* What read answers when nothing in this direction will ever be of interest. */
#define TCP_STREAM_IGNORE SIZE_MAX

/* Who reads the streams. The texts are borrowed until the call returns. */
struct tcp_reader {
	size_t state_size; /* bytes of its own that each stream has; all zero at the beginning */
	/* The cheap look: may something that is wanted begin with these bytes? */
	bool (*looks)(struct text bytes);
	/* How many of the bytes are used up; the others come again with what follows them. */
	size_t (*read)(void *context, const struct tcp_place *place, void *state, struct text bytes);
	/*
	 * After rest, which was not used up and won't come again, missing bytes are lost (SIZE_MAX: nobody
	 * knows how many; 0: none, the stream ends here).
	 */
	void (*gap)(
		void *context, const struct tcp_place *place, void *state, struct text rest, size_t missing);
	/* Bytes that are no part of the stream, but which the receiver may have taken for one. */
	void (*alone)(void *context, const struct tcp_place *place, struct text bytes);
};

#endif
