/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/incident/untouchable.h"

bool untouchable_call(const struct event *event)
{
	const struct dialed_number *number = event->number;

	return number->kind == NUMBER_EMERGENCY || number->kind == NUMBER_SERVICE || number->may_be_short ||
	       text_is_empty(event->dialed) || text_is_empty(event->call_id);
}
