/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dialog's Call-ID and two addresses, without ports, as one keyed digest. */
#ifndef PBXGUARD_ACTION_DIALOG_KEY_H
#define PBXGUARD_ACTION_DIALOG_KEY_H

#include "pbxguard/base/address.h"
#include "pbxguard/base/digest.h"
#include "pbxguard/base/text.h"

#include <assert.h>

static inline struct digest dialog_key(const struct digest_key *key, struct text call_id,
	const struct address *caller, const struct address *called)
{
	struct {
		struct digest call_id;
		struct address caller, called;
	} parts = {digest_text_long(key, call_id), *caller, *called};

	static_assert(sizeof parts == sizeof(struct digest) + 2 * sizeof(struct address), "no padding");
	return digest_long(key, &parts, sizeof parts);
}

#endif
