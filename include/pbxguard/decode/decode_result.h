/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of some bytes: every decoder of the layer answers with one of these; the decoder counts them.
 */
#ifndef PBXGUARD_DECODE_DECODE_RESULT_H
#define PBXGUARD_DECODE_DECODE_RESULT_H

enum decode_result {
	DECODE_DONE,      /* the output is filled */
	DECODE_MORE,      /* nothing wrong: the rest comes with later packets */
	DECODE_TRUNCATED, /* the bytes end before the header does */
	DECODE_MALFORMED, /* a header says what can't be */
	DECODE_NOT_OURS,  /* something else than what this decoder reads, e.g. ARP */
};

#endif
