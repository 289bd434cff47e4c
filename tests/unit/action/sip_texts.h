/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages as the modules of this layer get them: the bytes, and the record that decoding makes of them. */
#ifndef PBXGUARD_TESTS_SIP_TEXTS_H
#define PBXGUARD_TESTS_SIP_TEXTS_H

#include "pbxguard/decode/sip_parser.h"

#include <assert.h>
#include <stdio.h>

#define PHONE_ADDRESS                                                                                        \
	{                                                                                                    \
		ADDRESS_IPV4,                                                                                \
		{                                                                                            \
			192, 0, 2, 21                                                                        \
		}                                                                                            \
	}
#define PBX_ADDRESS                                                                                          \
	{                                                                                                    \
		ADDRESS_IPV4,                                                                                \
		{                                                                                            \
			198, 51, 100, 1                                                                      \
		}                                                                                            \
	}
static const struct endpoint phone = {PHONE_ADDRESS, 5070};
static const struct endpoint pbx = {PBX_ADDRESS, 5060};

/* Looked at as briefly as the decoder does. */
static inline struct sip_message message_of(
	const char *whole, const struct endpoint *source, const struct endpoint *destination)
{
	static struct sip_message message;
	struct sip_scan scan;

	sip_parser_start();
	bool is_sip = sip_scan_brief(text_of(whole), &scan);
	assert(is_sip);
	(void)is_sip;
	sip_parse(&scan, &message);
	message.source = *source;
	message.destination = *destination;
	message.transport = TRANSPORT_UDP;
	return message;
}

#endif
