/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls that the PBX has placed itself, and calls from outside that began before and live with them: a PBX
 * that connects a caller from outside with a call of its own answers him when that is answered, or lets one
 * go when the other hangs up. Two calls that know nothing of each other hardly do so within
 * TWIN_CALLS_TOGETHER.
 *
 * Of each kind the last TWIN_CALLS_MAX are remembered. By value: may be copied; all zero to begin with.
 */
#ifndef PBXGUARD_RULES_TWIN_CALLS_H
#define PBXGUARD_RULES_TWIN_CALLS_H

#include "pbxguard/base/instant.h"
#include "pbxguard/rules/inbound_callers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TWIN_CALLS_MAX 64
/* Asterisk takes 1 to 5 ms; a PBX on a slow machine, and a message that was lost and sent again after T1 of
 * RFC 3261 §17.1.1.1 (500 ms) is left out. */
#define TWIN_CALLS_TOGETHER (300 * MILLISECOND)

struct twin_call {
	uint64_t call;                   /* event.call; 0: none */
	instant began, answered, ended;  /* the last two 0: not yet */
	char inbound[INBOUND_TEXT_SIZE]; /* who called in, to be shown; of an own call its twin's, or empty */
};

struct twin_calls {
	size_t own_count, inbound_count; /* ever */
	struct twin_call own[TWIN_CALLS_MAX], inbound[TWIN_CALLS_MAX];
};

/* A call that the PBX places itself, and one that comes in. */
void twin_calls_add_own(struct twin_calls *calls, uint64_t call, instant began);
void twin_calls_add_inbound(struct twin_calls *calls, uint64_t call, instant began, const char *number);

/* What became of a call, of whichever kind; unknown ones are left out. */
void twin_calls_answer(struct twin_calls *calls, uint64_t call, instant when);
void twin_calls_end(struct twin_calls *calls, uint64_t call, instant when);

/* An own call that was found to have a twin is given out once, and forgotten. */
bool twin_calls_take(struct twin_calls *calls, uint64_t call, struct twin_call *own);
/* Did a call come in within so long that has not been answered yet? */
bool twin_calls_rings(const struct twin_calls *calls, instant now, duration within);

#endif
