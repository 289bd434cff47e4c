/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/dtls.h"

enum { /* RFC 6347 §4.1; the IANA registry "TLS ContentType" */
	CONTENT_CHANGE_CIPHER_SPEC = 20,
	CONTENT_TLS12_CID = 25, /* RFC 9146 */
	VERSION_1_0 = 0xFEFF,
	VERSION_1_2 = 0xFEFD, /* DTLS 1.3 says so as well (RFC 9147 §4) */
};

bool dtls_begins(struct reader payload)
{
	uint8_t type = reader_u8(&payload);
	uint16_t version = reader_u16(&payload);

	reader_skip(&payload, 10); /* epoch, sequence number, length; or a part of the connection's name */
	return !reader_failed(&payload) && type >= CONTENT_CHANGE_CIPHER_SPEC && type <= CONTENT_TLS12_CID &&
	       (version == VERSION_1_0 || version == VERSION_1_2);
}
