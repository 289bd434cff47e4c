/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What we could not see: each kind in a sentence, when it happens first, and again when it goes on. */
#ifndef PBXGUARD_DAEMON_BLIND_SPOTS_H
#define PBXGUARD_DAEMON_BLIND_SPOTS_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/log.h"

#define BLIND_SPOTS_INTERVAL (10 * MINUTE) /* a line a kind at most so often */

struct blind_spots {
	uint64_t told[COUNTER_COUNT]; /* the counter's value when it was told last */
	instant when[COUNTER_COUNT];
};

/* All zero to begin with. now only spaces the lines; force tells all that is untold. */
void blind_spots_tell(struct blind_spots *spots, const struct counters *counters, const struct log *log,
	instant now, bool force);

#endif
