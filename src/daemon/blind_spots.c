/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/blind_spots.h"

#include <inttypes.h>

static const struct {
	enum counter counter;
	const char *sentence; /* follows the number */
} spots_table[] = {
	{COUNTER_TCP_UNREAD, "TCP segments with SIP were not read: this version reads SIP over UDP only"},
	{COUNTER_FRAGMENTS_UNREAD,
		"IP fragments were not read: of a SIP message in fragments only the beginning was seen"},
	{COUNTER_KERNEL_DROPS,
		"packets were dropped by the kernel before we read them: calls may have been missed; raise "
		"capture.buffer"},
	{COUNTER_INTERFACE_DROPS,
		"packets were dropped by the network interface: calls may have been missed"},
	{COUNTER_PACKETS_CUT,
		"packets are in the capture only in part: record with the full length (tcpdump -s 0)"},
	{COUNTER_LINK_UNREADABLE, "packets have a link header that this version does not read"},
	{COUNTER_UNREADABLE_INVITES, "INVITEs had no Call-ID or no number to be read"},
	{COUNTER_CALLS_NO_COUNTRY, "calls abroad went to a country code that is assigned to nobody"},
	{COUNTER_ALERTS_OVERFLOWED, "alerts were lost because what reads our output is stuck"},
	{COUNTER_SYSLOG_LOST, "alert lines were lost because the local syslog did not take them"},
};

void blind_spots_tell(struct blind_spots *spots, const struct counters *counters, const struct log *log,
	instant now, bool force)
{
	for (size_t i = 0; i < sizeof spots_table / sizeof spots_table[0]; i++) {
		enum counter counter = spots_table[i].counter;
		uint64_t value = counter_get(counters, counter);
		bool is_due = force || spots->when[counter] == 0 ||
			      now - spots->when[counter] >= BLIND_SPOTS_INTERVAL;

		if (value == spots->told[counter] || !is_due) {
			continue;
		}
		log_write(log, LOG_LEVEL_WARNING, "%" PRIu64 " %s (%s)", value - spots->told[counter],
			spots_table[i].sentence, counter_name(counter));
		spots->told[counter] = value;
		spots->when[counter] = now;
	}
}
