/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/blind_spots.h"

#include <inttypes.h>

static const struct {
	enum counter counter;
	const char *sentence; /* follows the number */
} spots_table[] = {
	{COUNTER_TLS_STREAMS,
		"encrypted connections (TLS): their calls can't be read; watch the PBX's other side too"},
	{COUNTER_DTLS_DATAGRAMS,
		"encrypted datagrams (DTLS): their calls can't be read; watch the PBX's other side too"},
	{COUNTER_WEBSOCKET_STREAMS, "connections with SIP over WebSocket, which this version does not read"},
	{COUNTER_TCP_HOLES, "holes in TCP streams, by packets not captured: messages may have been missed"},
	{COUNTER_TCP_STREAMS_GIVEN_UP, "TCP streams forgotten early, as more came at once than are kept"},
	{COUNTER_TCP_ODD_SEGMENTS,
		"TCP segments that contradict what was read before: somebody may try to hide calls"},
	{COUNTER_TCP_UNREADABLE, "TCP segments with a broken or cut header"},
	{COUNTER_MESSAGES_TOO_LARGE, "SIP messages over the size limit: of them only the header was read"},
	{COUNTER_FRAGMENTS_EXPIRED,
		"fragments whose rest did not come: of such a message only the beginning was read"},
	{COUNTER_FRAGMENTS_OVERLAPPING,
		"fragments that contradicted each other, which is no accident, were given up"},
	{COUNTER_FRAGMENTS_EVICTED, "fragments given up as more came at once than are kept"},
	{COUNTER_FRAGMENTS_BROKEN, "fragments cut by the capture, empty or of an impossible size"},
	{COUNTER_KERNEL_DROPS,
		"packets dropped by the kernel before they were read: calls may have been missed; raise capture.buffer"},
	{COUNTER_QUEUE_OVERRUNS,
		"packets let by unread, as more came through the firewall's queue than were read in time"},
	{COUNTER_QUEUE_HOLDS_GIVEN_UP,
		"TCP segments let go though the INVITE in them was not whole: a call may have got past"},
	{COUNTER_REWRITES_FORGOTTEN,
		"changes to refused INVITEs forgotten early: sent again, such an INVITE gets through"},
	{COUNTER_STREAMS_STOPPED,
		"TCP connections stopped for good: an INVITE sent in pieces was refused when half of it was through"},
	{COUNTER_INTERFACE_DROPS, "packets dropped by the network interface: calls may have been missed"},
	{COUNTER_PACKETS_CUT,
		"packets in the capture only in part: record with the full length (tcpdump -s 0)"},
	{COUNTER_LINK_UNREADABLE, "packets with a link header that this version does not read"},
	{COUNTER_TUNNELS_TOO_DEEP, "packets in more than eight tunnels, one within the other, were not read"},
	{COUNTER_IP_UNREADABLE, "packets with a broken IP or UDP header"},
	{COUNTER_MESSAGES_CUT, "SIP messages whose header does not end: they were read as far as they go"},
	{COUNTER_INVITES_CUT, "INVITEs that end before the dialled number or the Call-ID"},
	{COUNTER_INVITES_NO_SIP,
		"datagrams that begin like an INVITE, but whose first line is no SIP: not read, though a PBX may"},
	{COUNTER_INVITES_NO_NUMBER,
		"INVITEs whose request-URI has no number: the PBX may take one from elsewhere"},
	{COUNTER_INVITES_NO_CALL_ID, "INVITEs without a Call-ID: each that differs counts as a call"},
	{COUNTER_CALLS_UNRECOGNISED,
		"calls whose dialled string fits no form of the dial plan, so that no rule looked at them; "
		"pbxguard --check-number explains one; site.outside_line or site.trunk_numbers may be missing"},
	{COUNTER_CALLS_NO_COUNTRY, "calls abroad to a country code that is assigned to nobody"},
	{COUNTER_CALLS_END_ASSUMED,
		"calls whose end was not seen: it was assumed, by session timer or calls.max_age"},
	{COUNTER_CALLS_UNFOLLOWED,
		"calls no more followed to their end, as more were up at once than are kept: raise limits.memory"},
	{COUNTER_CALLS_EVICTED,
		"calls forgotten early, as more came at once than are kept: some may count twice"},
	{COUNTER_LEGS_EVICTED,
		"legs of calls forgotten within seconds, as too many came at once: their calls may count twice"},
	{COUNTER_KEYS_EVICTED,
		"callers, sources or incidents forgotten early, as more came at once than are kept"},
	{COUNTER_CALLS_SLIPPED,
		"calls that were to be refused on the trunk leg and went through without one; for an hour the PBX's "
		"calls are refused on the phone's leg instead"},
	{COUNTER_FINDINGS_UNTOLD,
		"findings that could not be told, as more incidents came at once than are kept"},
	{COUNTER_ALERTS_OVERFLOWED, "alerts lost because what reads our output is stuck"},
	{COUNTER_OUTPUT_LOST, "alert lines lost because standard output did not take them"},
	{COUNTER_SYSLOG_LOST, "alert lines lost because the local syslog did not take them"},
	{COUNTER_REPLIES_FAILED,
		"answers or BYEs that could not be made or sent: the caller of a refused call waits for half a minute"},
	{COUNTER_REFUSED_EVICTED, "refused calls forgotten early, as more came at once than are kept"},
	{COUNTER_ENDS_REFUSED,
		"calls that should have been ended, but the PBX refused the BYE or did not answer: they may go on"},
	{COUNTER_ENDS_IMPOSSIBLE,
		"calls that should have been ended, but are on TCP or were not seen from their beginning: they go on"},
	{COUNTER_ENDABLE_EVICTED,
		"calls abroad that can't be ended any more, as more were up at once than are kept"},
	{COUNTER_SOURCES_NOT_BLOCKED,
		"sources not blocked, as the kernel's set did not take them: the log says why; is "
		"pbxguard-firewall installed?"},
	{COUNTER_BLOCKLIST_FULL, "sources not blocked, as the kernel's set is full: unblock some, or wait"},
	{COUNTER_SOURCES_FORGOTTEN,
		"blocked sources no more listed, as the list is full: they stay blocked until their time is over"},
	{COUNTER_BLOCKS_OVERFLOWED, "sources not blocked, as more came at once than could wait"},
	{COUNTER_LOG_LOST, "lines of this log lost because standard error did not take them"},
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
		log_write(log, LOG_LEVEL_WARNING, "%" PRIu64 " %s (counter %s)", value - spots->told[counter],
			spots_table[i].sentence, counter_name(counter));
		spots->told[counter] = value;
		spots->when[counter] = now;
	}
}
