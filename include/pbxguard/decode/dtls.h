/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SIP over DTLS (RFC 4347 and 6347; 9147 begins alike): can't be read, only told. */
#ifndef PBXGUARD_DECODE_DTLS_H
#define PBXGUARD_DECODE_DTLS_H

#include "pbxguard/base/reader.h"

#include <stdbool.h>

/* Does a datagram begin with the header of a DTLS record? */
bool dtls_begins(struct reader payload);

#endif
