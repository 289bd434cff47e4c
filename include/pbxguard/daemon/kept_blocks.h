/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries blocked sources between the control desk, which has them, and the store: read before the slow
 * thread takes the store over, handed to the desk when it starts, and from then on written on the slow thread
 * as they change.
 */
#ifndef PBXGUARD_DAEMON_KEPT_BLOCKS_H
#define PBXGUARD_DAEMON_KEPT_BLOCKS_H

#include "pbxguard/action/store.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/daemon/control_desk.h"

#include <stdbool.h>

struct kept_blocks; /* opaque; made by kept_blocks_new */

/*
 * Before slow_thread_start. The store stays borrowed, and becomes the slow thread's. restores: in mode block;
 * in the others what was kept is left as it is, and nobody is blocked again. now is the clock's. NULL when
 * there is no memory.
 */
struct kept_blocks *kept_blocks_new(struct store *store, bool restores, instant now);
/* After slow_thread_stop. NULL is fine. */
void kept_blocks_free(struct kept_blocks *kept);

/* Borrows kept. Of NULL: nowhere. */
struct control_desk_store kept_blocks_hooks(struct kept_blocks *kept);

#endif
