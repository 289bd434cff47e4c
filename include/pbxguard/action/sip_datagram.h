/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A SIP message without a body that we write, with the addresses between which it is to go, whosever they
 * are. Whatever is copied into it can't end a line.
 */
#ifndef PBXGUARD_ACTION_SIP_DATAGRAM_H
#define PBXGUARD_ACTION_SIP_DATAGRAM_H

#include "pbxguard/action/line.h"
#include "pbxguard/base/address.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Bytes. RFC 3261 §18.1.1: no more goes by UDP where the path's MTU is not known. So no message of ours is
 * ever a fragmented one, not even within a tunnel; a usual answer has 600.
 */
#define SIP_DATAGRAM_MAX 1300

struct sip_datagram {
	struct endpoint source, destination;
	size_t size;
	char bytes[SIP_DATAGRAM_MAX + 1]; /* ends with a NUL, which is not sent */
};

/* Empty; to be written through the line, which borrows it. */
struct line sip_datagram_begin(struct sip_datagram *datagram);
/*
 * CR, LF and NUL become spaces (RFC 3261 §7.3.1: so does a folded line). All else stays: a Call-ID must come
 * back as it was, however odd.
 */
void sip_datagram_add_clean(struct line *line, struct text text);
/* "Name: value", with its end. */
void sip_datagram_add_field(struct line *line, const char *name, struct text value);
/* The empty body, and the end of the header. False when it does not fit: nothing may be sent then. */
bool sip_datagram_end(struct sip_datagram *datagram, struct line *line);

#endif
