/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/capture/pcap_source.h"

#include "pbxguard/capture/capture_file.h"
#include "pbxguard/capture/filter.h"
#include "pbxguard/capture/interface.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include <pcap/pcap.h>

#define SNAPSHOT_LENGTH 65535    /* bytes of a packet that the kernel copies: all of it */
#define BLOCK_TIMEOUT_MS 1       /* a block of the ring that is not full is handed over after so long */
#define DISPATCH_PACKETS 4096    /* at most in one call, so that timers get their turn */
#define LAST_SECOND 253402300799 /* 9999-12-31T23:59:59Z */

struct pcap_source {
	pcap_t *pcap; /* NULL while the interface is lost */
	int link_type;
	char *name;
	char error[PCAP_SOURCE_ERROR_SIZE];

	struct capture_file *file; /* NULL: an interface */
	uint64_t packets;          /* read from the file */

	struct capture_settings settings; /* of an interface */
	struct pcap_stat seen;            /* by libpcap's 32-bit counters when last asked */
	uint64_t kernel_drops, interface_drops;
};

static struct pcap_source *new_source(const char *name)
{
	struct pcap_source *source = calloc(1, sizeof *source);

	if (source != NULL && (source->name = strdup(name)) == NULL) {
		free(source);
		source = NULL;
	}
	return source;
}

void pcap_source_free(struct pcap_source *source)
{
	if (source == NULL) {
		return;
	}
	if (source->pcap != NULL) {
		pcap_close(source->pcap); /* with the file's stream */
	}
	capture_file_free(source->file);
	free(source->name);
	free(source);
}

const char *pcap_source_name(const struct pcap_source *source)
{
	return source->name;
}

const char *pcap_source_error(const struct pcap_source *source)
{
	return source->error;
}

/* "NAME: sentence" */
static void __attribute__((format(printf, 2, 3)))
set_error(struct pcap_source *source, const char *format, ...)
{
	int used = snprintf(source->error, sizeof source->error, "%.200s: ", source->name);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(source->error + used, sizeof source->error - (size_t)used, format, arguments);
	va_end(arguments);
}

static struct pcap_source *give_up(struct pcap_source *source, char *error, size_t error_size)
{
	snprintf(error, error_size, "%s", source == NULL ? "out of memory" : source->error);
	pcap_source_free(source);
	return NULL;
}

/*
 * libpcap takes a pcap file's unsigned seconds for signed ones, and a pcapng file may say anything: what
 * can't be a date is moved to the nearest that can.
 */
static instant instant_of(const struct timeval *time)
{
	int64_t seconds = time->tv_sec;

	if (seconds < 0 && seconds >= INT32_MIN) {
		seconds = (uint32_t)seconds;
	}
	if (seconds < 0) {
		seconds = 0;
	}
	if (seconds > LAST_SECOND) {
		seconds = LAST_SECOND;
	}
	return seconds * SECOND + time->tv_usec * MICROSECOND;
}

static void set_packet(
	struct packet *packet, int link_type, const struct pcap_pkthdr *header, const u_char *bytes)
{
	packet->time = instant_of(&header->ts);
	packet->link_type = link_type;
	packet->bytes = bytes;
	packet->captured = header->caplen;
	packet->on_wire = header->len;
	packet->interface = 0;
}

/* Files */

/* libpcap knows its errors by their texts only. */
static const struct {
	const char *text; /* part of libpcap's */
	const char *sentence;
} file_errors[] = {
	{"only got 0", "is empty: it is not a capture file (pcap or pcapng)"},
	{"truncated", "is not a capture file (pcap or pcapng): it ends before a header does"},
	{"unknown file format",
		"is not a capture file (pcap or pcapng, also compressed by gzip): unpack it, or "
		"convert it with 'editcap -F pcap IN OUT'"},
};

static const struct {
	const char *text;
	const char *sentence;
} read_errors[] = {
	{"different from the type",
		"holds interfaces of different link types, which libpcap can't read: take one of them out with "
		"'tshark -r IN -Y frame.interface_id==0 -w PART' and 'editcap -F pcap -T ether PART OUT' "
		"(-T: its link type)"},
	{"different from the snapshot length",
		"holds interfaces of different snapshot lengths, which libpcap can't read: convert it with "
		"'editcap -F pcap IN OUT'"},
};

static void explain_open(struct pcap_source *source, const char *why)
{
	for (size_t i = 0; i < sizeof file_errors / sizeof file_errors[0]; i++) {
		if (strstr(why, file_errors[i].text) != NULL) {
			set_error(source, "%s", file_errors[i].sentence);
			return;
		}
	}
	set_error(source, "can't be read as a capture file: %s", why);
}

static void explain_read(struct pcap_source *source)
{
	const char *why = pcap_geterr(source->pcap);

	for (size_t i = 0; i < sizeof read_errors / sizeof read_errors[0]; i++) {
		if (strstr(why, read_errors[i].text) != NULL) {
			set_error(source, "%s", read_errors[i].sentence);
			return;
		}
	}
	enum capture_file_flaw flaw = capture_file_flaw(source->file);
	if (flaw == CAPTURE_FILE_CUT || (flaw == CAPTURE_FILE_SOUND && strstr(why, "truncated") != NULL)) {
		set_error(source, "is cut in the middle of packet %" PRIu64, source->packets + 1);
	} else {
		set_error(source, "is damaged at packet %" PRIu64 ": %s", source->packets + 1,
			flaw == CAPTURE_FILE_DAMAGED ? "the compressed data is wrong" : why);
	}
}

static bool open_pcap_file(struct pcap_source *source, const char *path)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	int result = capture_file_open(path, &source->file);

	if (result < 0) {
		set_error(source, "can't be read: %s", strerror(-result));
		return false;
	}
	/* This precision also for files of nanoseconds: libpcap divides. */
	source->pcap = pcap_fopen_offline_with_tstamp_precision(
		capture_file_stream(source->file), PCAP_TSTAMP_PRECISION_MICRO, why);
	if (source->pcap == NULL) {
		explain_open(source, why);
		fclose(capture_file_stream(source->file));
		return false;
	}
	source->link_type = pcap_datalink(source->pcap);
	return true;
}

struct pcap_source *pcap_source_open_file(const char *path, char *error, size_t error_size)
{
	struct pcap_source *source = new_source(strcmp(path, "-") == 0 ? "standard input" : path);

	if (source == NULL || !open_pcap_file(source, path)) {
		return give_up(source, error, error_size);
	}
	return source;
}

enum pcap_source_result pcap_source_next(struct pcap_source *source, struct packet *packet)
{
	struct pcap_pkthdr *header;
	const u_char *bytes;

	switch (pcap_next_ex(source->pcap, &header, &bytes)) {
	case 1:
		source->packets++;
		set_packet(packet, source->link_type, header, bytes);
		return PCAP_SOURCE_PACKET;
	case PCAP_ERROR_BREAK: /* libpcap's word for the end of a file */
		return PCAP_SOURCE_END;
	default:
		explain_read(source);
		return PCAP_SOURCE_FAILED;
	}
}

/* Interfaces */

static void explain_activate(struct pcap_source *source, pcap_t *pcap, int status)
{
	char names[200];

	switch (status) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
		set_error(source, "there is no such interface; there are: %s, and any for all",
			interface_names(names, sizeof names));
		break;
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		set_error(source, "no permission to capture: run as root or with the capability CAP_NET_RAW");
		break;
	case PCAP_ERROR_IFACE_NOT_UP:
		set_error(source, "is down: 'ip link set %s up' starts it", source->name);
		break;
	default:
		set_error(source, "can't be captured from: %s",
			status == PCAP_ERROR ? pcap_geterr(pcap) : pcap_statustostr(status));
	}
}

static bool apply_filter(const struct capture_settings *settings, pcap_t *pcap)
{
	static const uint32_t standard_port = CAPTURE_SIP_PORT;
	const struct filter_wish wish = {
		.ports = settings->port_count > 0 ? settings->ports : &standard_port,
		.port_count = settings->port_count > 0 ? settings->port_count : 1,
		.tunnels = settings->tunnels,
	};
	char text[FILTER_TEXT_SIZE];
	struct bpf_program program;

	filter_format(&wish, pcap_datalink(pcap), text);
	if (pcap_compile(pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN) < 0) {
		return false;
	}
	bool applied = pcap_setfilter(pcap, &program) == 0;
	pcap_freecode(&program);
	return applied;
}

static int activate(const struct capture_settings *settings, const char *name, pcap_t *pcap)
{
	char why[PCAP_ERRBUF_SIZE];

	pcap_set_snaplen(pcap, SNAPSHOT_LENGTH);
	pcap_set_promisc(pcap, settings->promiscuous && !interface_is_any(name));
	/* Not immediate mode: it falls back to TPACKET_V2, which loses packets with a small ring. */
	pcap_set_timeout(pcap, BLOCK_TIMEOUT_MS);
	pcap_set_buffer_size(pcap, (int)settings->buffer * 1024 * 1024);
	pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_MICRO);
	int status = pcap_activate(pcap);
	if (status < 0) {
		return status;
	}
	if (!apply_filter(settings, pcap) || pcap_setnonblock(pcap, 1, why) < 0) {
		return PCAP_ERROR;
	}
	return 0;
}

static bool open_pcap_interface(struct pcap_source *source)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_create(source->name, why);

	if (pcap == NULL) {
		set_error(source, "can't be captured from: %s", why);
		return false;
	}
	int status = activate(&source->settings, source->name, pcap);
	if (status < 0) {
		explain_activate(source, pcap, status);
		pcap_close(pcap);
		return false;
	}
	source->pcap = pcap;
	source->link_type = pcap_datalink(pcap);
	source->seen = (struct pcap_stat){0};
	return true;
}

struct pcap_source *pcap_source_open_interface(
	const struct capture_settings *settings, const char *name, char *error, size_t error_size)
{
	struct pcap_source *source = new_source(name);

	if (source == NULL) {
		return give_up(source, error, error_size);
	}
	source->settings = *settings;
	return open_pcap_interface(source) ? source : give_up(source, error, error_size);
}

duration pcap_source_lateness(void)
{
	struct utsname system;
	struct timespec tick;

	uname(&system);
	clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	return interface_lateness(BLOCK_TIMEOUT_MS * MILLISECOND, system.release, tick.tv_nsec / 1000);
}

int pcap_source_descriptor(const struct pcap_source *source)
{
	return source->pcap == NULL ? -1 : pcap_get_selectable_fd(source->pcap);
}

static enum pcap_source_result lose(struct pcap_source *source, const char *how)
{
	uint64_t kernel, interface;

	set_error(source, "%s", how);
	pcap_source_drops(source, &kernel, &interface); /* the last look at this handle's counters */
	pcap_close(source->pcap);
	source->pcap = NULL;
	return PCAP_SOURCE_LOST;
}

struct delivery {
	int link_type;
	packet_handler *handler;
	void *context;
};

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is libpcap's */
static void deliver(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
	const struct delivery *delivery = (const void *)user;
	struct packet packet;

	set_packet(&packet, delivery->link_type, header, bytes);
	delivery->handler(delivery->context, &packet);
}

enum pcap_source_result pcap_source_dispatch(
	struct pcap_source *source, packet_handler *handler, void *context)
{
	struct delivery delivery = {source->link_type, handler, context};

	if (source->pcap == NULL) {
		return PCAP_SOURCE_LOST;
	}
	int count = pcap_dispatch(source->pcap, DISPATCH_PACKETS, deliver, (u_char *)&delivery);
	if (count < 0) {
		const char *trouble = interface_trouble(pcap_fileno(source->pcap), source->name);
		return lose(source, trouble != NULL ? trouble : pcap_geterr(source->pcap));
	}
	return count > 0 ? PCAP_SOURCE_PACKET : PCAP_SOURCE_IDLE;
}

enum pcap_source_result pcap_source_check(struct pcap_source *source)
{
	if (source->pcap == NULL) {
		return PCAP_SOURCE_LOST;
	}
	const char *trouble = interface_trouble(pcap_fileno(source->pcap), source->name);
	return trouble == NULL ? PCAP_SOURCE_IDLE : lose(source, trouble);
}

bool pcap_source_reopen(struct pcap_source *source)
{
	return source->pcap != NULL || open_pcap_interface(source);
}

void pcap_source_drops(struct pcap_source *source, uint64_t *kernel, uint64_t *interface)
{
	struct pcap_stat now;

	if (source->pcap != NULL && pcap_stats(source->pcap, &now) == 0) {
		/* The subtraction in 32 bits is right past a wrap, too. */
		source->kernel_drops += now.ps_drop - source->seen.ps_drop;
		source->interface_drops += now.ps_ifdrop - source->seen.ps_ifdrop;
		source->seen = now;
	}
	*kernel = source->kernel_drops;
	*interface = source->interface_drops;
}
