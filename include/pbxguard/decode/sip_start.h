/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where in the bytes of a stream a SIP message may begin: the start line (RFC 3261 §7.1, §7.2). */
#ifndef PBXGUARD_DECODE_SIP_START_H
#define PBXGUARD_DECODE_SIP_START_H

#include "pbxguard/base/text.h"
#include "pbxguard/decode/sip_message.h"

#define SIP_STREAM_MESSAGE_MAX 65535 /* bytes of header, and of body, on a stream; RFC 3261 §18.1.1 */

enum sip_start {
	SIP_START_NO,
	SIP_START_MORE, /* it may be; the line does not end here */
	SIP_START_YES,
};

/*
 * Do the bytes begin with a start line? It ends with its CR or LF, whichever comes first; where that makes no
 * start line, with its LF: some PBXs end a line with a CR alone, others drop every CR. What is behind the
 * line does not change the answer.
 */
enum sip_start sip_start_judge(struct text bytes);
/* Of bytes that begin with a start line its size, with the CR or LF; 0: its end is not there. */
size_t sip_start_size(struct text bytes);

/*
 * The next place, at or after from, where the method (or, with SIP_METHOD_OTHER, any method we know or a
 * status line) may begin: in the midst of a line too, because a body needs no line end. What may be the
 * beginning of such a word, cut off by the end of the bytes, counts. bytes.size when there is none.
 */
size_t sip_start_find(struct text bytes, size_t from, enum sip_method method);
/*
 * The same for start lines: the next place where one begins, or may when there are more bytes, as *start
 * says. bytes.size and SIP_START_NO when there is none. However often a line names methods, its bytes are
 * looked at a few times only.
 */
size_t sip_start_search(struct text bytes, size_t from, enum sip_method method, enum sip_start *start);

#endif
