/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that is counted, under the name by which users see it: in --stats, in the log on SIGUSR1, later
 * in metrics. A counter only grows.
 */
#ifndef PBXGUARD_BASE_COUNTER_H
#define PBXGUARD_BASE_COUNTER_H

#include <stdint.h>

/* clang-format off */
#define COUNTERS(X) \
	X(PACKETS, "packets", "packets read") \
	X(BYTES, "bytes", "bytes read, as captured") \
	X(PACKETS_CUT, "packets_cut", "packets of which the capture holds only the beginning") \
	X(KERNEL_DROPS, "kernel_drops", "packets that the kernel dropped because we were too slow") \
	X(INTERFACE_DROPS, "interface_drops", "packets that the network interface dropped") \
	X(QUEUE_OVERRUNS, "queue_overruns", "packets that the firewall let by unread because we were too slow") \
	X(QUEUE_HOLDS_GIVEN_UP, "queue_holds_given_up", "TCP segments of an unfinished INVITE that were let go after waiting too long") \
	X(REWRITES_FORGOTTEN, "rewrites_forgotten", "changes to refused INVITEs forgotten early because a table was full") \
	X(STREAMS_STOPPED, "streams_stopped", "TCP connections stopped because a refused INVITE could not be changed any more") \
	X(INTERFACE_LOST, "interface_lost", "times that an interface went away") \
	X(SILENCES, "silences", "times that an interface brought no SIP for capture.silence of business hours") \
	X(LINK_UNREADABLE, "link_unreadable", "packets whose link header was not understood") \
	X(NOT_IP, "not_ip", "packets that carry no IP (ARP and the like)") \
	X(IP_UNREADABLE, "ip_unreadable", "packets whose IP, UDP or tunnel header was broken or cut") \
	X(TUNNELS, "tunnels", "tunnel headers looked behind: IP in IP, GRE, VXLAN, GTP-U, Geneve, MPLS in IP") \
	X(TUNNELS_TOO_DEEP, "tunnels_too_deep", "packets not read because of tunnels within tunnels") \
	X(IP_FRAGMENTS, "ip_fragments", "fragments of IP datagrams seen") \
	X(DATAGRAMS_REASSEMBLED, "datagrams_reassembled", "IP datagrams put together from their fragments") \
	X(FRAGMENTS_EXPIRED, "fragments_expired", "fragments given up because the rest did not come") \
	X(FRAGMENTS_OVERLAPPING, "fragments_overlapping", "fragments given up because they contradicted each other") \
	X(FRAGMENTS_EVICTED, "fragments_evicted", "fragments given up because there was no room for more") \
	X(FRAGMENTS_BROKEN, "fragments_broken", "fragments cut by the capture, empty or of an impossible size") \
	X(FRAGMENTS_ORPHANED, "fragments_orphaned", "fragments given up whose first never came, so mostly no SIP") \
	X(TCP_SEGMENTS, "tcp_segments", "TCP segments on the SIP ports, or with SIP") \
	X(TCP_UNREADABLE, "tcp_unreadable", "TCP segments whose header was broken or cut") \
	X(TCP_ODD_SEGMENTS, "tcp_odd_segments", "TCP segments that contradict earlier ones or lie outside of the window") \
	X(TCP_HOLES, "tcp_holes", "holes in TCP streams that were never filled") \
	X(TCP_BYTES_LOST, "tcp_bytes_lost", "bytes in these holes, where it is known how many") \
	X(TCP_BYTES_SKIPPED, "tcp_bytes_skipped", "bytes of TCP streams that were no part of a SIP message") \
	X(TCP_STREAMS_GIVEN_UP, "tcp_streams_given_up", "TCP streams forgotten early because a table or the memory was full") \
	X(MESSAGES_TOO_LARGE, "messages_too_large", "SIP messages on TCP with a header or body of more than 64 kB") \
	X(TLS_STREAMS, "tls_streams", "TLS connections on SIP ports or port 5061, which can't be read") \
	X(DTLS_DATAGRAMS, "dtls_datagrams", "DTLS datagrams on SIP ports or port 5061, which can't be read") \
	X(WEBSOCKET_STREAMS, "websocket_streams", "WebSocket connections for SIP, which are not read") \
	X(OTHER_PORTS, "other_ports", "UDP datagrams on other ports than capture.ports") \
	X(NOT_SIP, "not_sip", "UDP datagrams on the SIP ports that are no SIP") \
	X(SIP_MESSAGES, "sip_messages", "SIP messages") \
	X(REQUESTS, "requests", "SIP requests") \
	X(RESPONSES, "responses", "SIP responses") \
	X(INVITES, "invites", "INVITE requests, retransmissions included") \
	X(REGISTERS, "registers", "REGISTER requests, retransmissions included") \
	X(MESSAGES_CUT, "messages_cut", "SIP messages whose header the packet does not hold as far as it is needed") \
	X(MESSAGES_ODD, "messages_odd", "SIP messages with a value that the lenient scan had to read") \
	X(UNREADABLE_INVITES, "unreadable_invites", "INVITEs in which no dialled number or Call-ID was found, each for one of these reasons") \
	X(INVITES_CUT, "invites_cut", "INVITEs that end before the dialled number or the Call-ID") \
	X(INVITES_NO_SIP, "invites_no_sip", "datagrams that begin like an INVITE, but whose first line is no SIP") \
	X(INVITES_NO_NUMBER, "invites_no_number", "INVITEs whose request-URI has no number or name to dial") \
	X(INVITES_NO_CALL_ID, "invites_no_call_id", "INVITEs without a Call-ID") \
	X(CALLS, "calls", "calls, each counted once") \
	X(CALLS_JOINED, "calls_joined", "calls of which both legs through the PBX were seen") \
	X(CALLS_ANSWERED, "calls_answered", "calls abroad or from a trunk that were answered") \
	X(CALLS_ENDED, "calls_ended", "of these, those that have ended") \
	X(CALLS_END_ASSUMED, "calls_end_assumed", "of these, those whose end was not seen, but assumed: no refresh, or calls.max_age") \
	X(CALLS_UNFOLLOWED, "calls_unfollowed", "calls no more followed to their end because the table was full") \
	X(CALLS_EVICTED, "calls_evicted", "calls forgotten early because the table was full") \
	X(LEGS_EVICTED, "legs_evicted", "legs of calls forgotten while they waited for the next one, as too many came at once") \
	X(CALLS_EMERGENCY, "calls_emergency", "calls to emergency and public service numbers") \
	X(CALLS_INTERNATIONAL, "calls_international", "calls abroad") \
	X(CALLS_FOREIGN_PREFIX, "calls_foreign_prefix", "calls abroad behind a foreign international prefix") \
	X(CALLS_UNRECOGNISED, "calls_unrecognised", "calls whose dialled string fits no form of the dial plan") \
	X(CALLS_NO_COUNTRY, "calls_no_country", "calls abroad whose country code is assigned to nobody") \
	X(FINDINGS, "findings", "findings of rules") \
	X(KEYS_EVICTED, "keys_evicted", "callers, sources, incidents and their calls forgotten early because a table was full") \
	X(ALERTS, "alerts", "alert lines") \
	X(ALERTS_SUPPRESSED, "alerts_suppressed", "findings held back, told later as a count") \
	X(ALERTS_DELAYED, "alerts_delayed", "alert lines that waited for room under actions.alerts_per_minute") \
	X(FINDINGS_UNTOLD, "findings_untold", "findings of incidents forgotten before they could be told") \
	X(CALLS_REFUSED, "calls_refused", "calls refused") \
	X(CALLS_WOULD_REFUSE, "calls_would_refuse", "calls that mode block would have refused") \
	X(CALLS_SLIPPED, "calls_slipped", "calls to be refused on the trunk leg that went through without one") \
	X(SOURCES_WOULD_BLOCK, "sources_would_block", "addresses that mode block would have blocked") \
	X(BLOCKS_WITHHELD, "blocks_withheld", "addresses not blocked because they are never to be, or have an account in good standing") \
	X(ACCOUNTS_BLOCKED, "accounts_blocked", "accounts whose calls abroad are refused until they are released") \
	X(ACCOUNTS_WOULD_BLOCK, "accounts_would_block", "accounts that mode block would have blocked") \
	X(ALERTS_OVERFLOWED, "alerts_overflowed", "alerts lost because the queue to the writing thread was full") \
	X(OUTPUT_LOST, "output_lost", "alert lines lost because standard output did not take them") \
	X(LOG_LOST, "log_lost", "lines of the log lost because standard error did not take them") \
	X(SYSLOG_QUEUED, "syslog_queued", "alert lines given to the syslog sender") \
	X(SYSLOG_SENT, "syslog_sent", "alert lines that the local syslog took") \
	X(SYSLOG_LOST, "syslog_lost", "alert lines lost because the local syslog did not take them") \
	X(STORE_WRITES, "store_writes", "times that something was written to the store") \
	X(STORE_ERRORS, "store_errors", "times that the store could not be read or written, or something in it was damaged") \
	X(REPLIES, "replies", "SIP messages sent in another's name: answers to what was refused, and BYEs") \
	X(REPLIES_FAILED, "replies_failed", "SIP messages that were to be sent so, but could not be made or sent") \
	X(REFUSED_EVICTED, "refused_evicted", "refused calls forgotten early because the table was full") \
	X(ENDS, "ends", "calls that were up and ended by BYE, as block.end_calls asks") \
	X(ENDS_REFUSED, "ends_refused", "of these, those whose BYE the PBX refused, asked credentials for, or left unanswered") \
	X(ENDS_IMPOSSIBLE, "ends_impossible", "calls that could not be ended: on TCP, or of which too little was seen") \
	X(ENDABLE_EVICTED, "endable_evicted", "calls abroad that can't be ended any more because the table was full") \
	X(SOURCES_BLOCKED, "sources_blocked", "sources put into the kernel's set, come-backs included") \
	X(SOURCES_NOT_BLOCKED, "sources_not_blocked", "sources that the kernel's set did not take, for another reason than being full") \
	X(BLOCKLIST_FULL, "blocklist_full", "sources not blocked because the kernel's set was full") \
	X(SOURCES_FORGOTTEN, "sources_forgotten", "blocked sources forgotten early because the list was full") \
	X(BLOCKS_OVERFLOWED, "blocks_overflowed", "requests to block a source lost because the queue for them was full") \
	X(CONTROL_COMMANDS, "control_commands", "commands that came by the control socket") \
	X(RELOADS, "reloads", "configurations taken over by SIGHUP") \
	X(RELOADS_REFUSED, "reloads_refused", "configurations refused at SIGHUP; the old one went on")
/* clang-format on */

enum counter {
#define COUNTER_ENUM(identifier, name, meaning) COUNTER_##identifier,
	COUNTERS(COUNTER_ENUM)
#undef COUNTER_ENUM
		COUNTER_COUNT
};

struct counters {
	uint64_t value[COUNTER_COUNT];
};

const char *counter_name(enum counter counter);
const char *counter_meaning(enum counter counter);

/* One thread writes a counter, another may show it: whole numbers, no lock. */
static inline void counter_add(struct counters *counters, enum counter counter, uint64_t amount)
{
	__atomic_store_n(&counters->value[counter], counters->value[counter] + amount, __ATOMIC_RELAXED);
}

/* For what is counted elsewhere and read here. */
static inline void counter_set(struct counters *counters, enum counter counter, uint64_t value)
{
	__atomic_store_n(&counters->value[counter], value, __ATOMIC_RELAXED);
}

static inline uint64_t counter_get(const struct counters *counters, enum counter counter)
{
	return __atomic_load_n(&counters->value[counter], __ATOMIC_RELAXED);
}

#endif
