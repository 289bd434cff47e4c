/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets from a capture file or from a network interface, by libpcap.
 *
 * Errors are sentences for the operator that begin with the file's or interface's name.
 */
#ifndef PBXGUARD_CAPTURE_PCAP_SOURCE_H
#define PBXGUARD_CAPTURE_PCAP_SOURCE_H

#include "pbxguard/capture/capture_settings.h"
#include "pbxguard/capture/packet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pcap_source; /* opaque; made by pcap_source_open_file or pcap_source_open_interface */

enum pcap_source_result {
	PCAP_SOURCE_PACKET,
	PCAP_SOURCE_IDLE,   /* an interface: nothing was there */
	PCAP_SOURCE_END,    /* a file: it was read to its end */
	PCAP_SOURCE_FAILED, /* a file: it can't be read any further; pcap_source_error says why */
	PCAP_SOURCE_LOST,   /* an interface: it went away; pcap_source_error says how */
};

#define PCAP_SOURCE_ERROR_SIZE 512

/* pcap or pcapng, also compressed by gzip; "-" is standard input. NULL with the error filled. */
struct pcap_source *pcap_source_open_file(const char *path, char *error, size_t error_size);

/* The next packet of a file: PACKET, END or FAILED. It is borrowed until the next call. */
enum pcap_source_result pcap_source_next(struct pcap_source *source, struct packet *packet);

/*
 * An interface, or all by the name "any". Only what filter.h describes comes through. The settings are
 * copied. NULL with the error filled.
 */
struct pcap_source *pcap_source_open_interface(
	const struct capture_settings *settings, const char *name, char *error, size_t error_size);

/* So long after it passed an interface's packet can be read at the latest, unless this computer is busy. */
duration pcap_source_lateness(void);

/* For epoll, readable when pcap_source_dispatch has something to do. Another one after each reopening; -1
 * while the interface is lost. */
int pcap_source_descriptor(const struct pcap_source *source);

/*
 * Hands over the packets that are there, some thousands at most (the descriptor stays readable while there
 * are more). PACKET, IDLE or LOST. Never waits.
 */
enum pcap_source_result pcap_source_dispatch(
	struct pcap_source *source, packet_handler *handler, void *context);

/*
 * To be called each second: libpcap does not tell when an interface was deleted and made again under the same
 * name, or is down. IDLE or LOST.
 */
enum pcap_source_result pcap_source_check(struct pcap_source *source);

/* To be called each second while lost, until it is true: the interface is back. Needs CAP_NET_RAW. */
bool pcap_source_reopen(struct pcap_source *source);

/* Since the first opening: dropped by the kernel because we were slow, and by the interface. */
void pcap_source_drops(struct pcap_source *source, uint64_t *kernel, uint64_t *interface);

const char *pcap_source_name(const struct pcap_source *source);  /* as in messages */
const char *pcap_source_error(const struct pcap_source *source); /* of the last FAILED or LOST */
void pcap_source_free(struct pcap_source *source);

#endif
