/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a capture for benchmarks: pcap, Ethernet, IPv4, UDP; the same bytes at every run. See usage. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAYLOAD_SIZE 2048
#define START 1784246400u /* 2026-07-17T09:00:00+09:00, a Friday */

static const char usage[] =
	"usage: make_capture mixed|invites|rtp|abroad|strangers PACKETS FILE\n"
	"  mixed      what a trunk carries: whole calls (INVITE 100 180 200 ACK BYE 200), registrations with\n"
	"             their 401, OPTIONS; one call in fifty goes abroad\n"
	"  invites    INVITEs only, each of another call\n"
	"  rtp        one packet in ten is of the mix, the others are media\n"
	"  abroad     INVITEs only, all to listed countries, ten from each caller and source\n"
	"  strangers  as abroad, each from another caller and source\n";

struct writer {
	FILE *file;
	uint64_t packets, wanted;
	uint64_t microseconds; /* since START */
};

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put_packet(struct writer *writer, uint32_t source, uint32_t destination, unsigned source_port,
	unsigned destination_port, const void *payload, size_t size)
{
	uint8_t frame[14 + 20 + 8 + PAYLOAD_SIZE] = {
		2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, [22] = 64, [23] = 17};
	const uint32_t record[4] = {(uint32_t)(START + writer->microseconds / 1000000),
		(uint32_t)(writer->microseconds % 1000000), (uint32_t)(42 + size), (uint32_t)(42 + size)};

	if (writer->packets == writer->wanted) {
		return;
	}
	put16(frame + 16, (unsigned)(size + 28));
	put16(frame + 26, source >> 16);
	put16(frame + 28, source);
	put16(frame + 30, destination >> 16);
	put16(frame + 32, destination);
	put16(frame + 34, source_port);
	put16(frame + 36, destination_port);
	put16(frame + 38, (unsigned)(size + 8));
	memcpy(frame + 42, payload, size);
	fwrite(record, sizeof record, 1, writer->file);
	fwrite(frame, 42 + size, 1, writer->file);
	writer->packets++;
	writer->microseconds += 500;
}

#define PHONES 0xC6336400u /* 198.51.100.0 */
#define PBX 0xC0000201u    /* 192.0.2.1 */

struct call {
	uint64_t number;
	unsigned phone;
	char dialed[32];
};

/* Each call's media have ports of their own, as those of real calls. */
static const char *session(const struct call *call, const char *address)
{
	static char text[512];

	snprintf(text, sizeof text,
		"v=0\r\no=- 3724394400 3724394400 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\n"
		"t=0 0\r\nm=audio %u RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
		"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n",
		address, address, 10000 + 2 * (unsigned)(call->number % 25000));
	return text;
}

static const char *offer_of(const struct call *call)
{
	char address[32];

	snprintf(address, sizeof address, "198.51.100.%u", call->phone);
	return session(call, address);
}

static void put_request(struct writer *writer, const struct call *call, const char *method, unsigned cseq,
	bool in_dialog, const char *more, const char *body)
{
	char text[PAYLOAD_SIZE];
	int size = snprintf(text, sizeof text,
		"%s sip:%s@192.0.2.1 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 198.51.100.%u:5060;branch=z9hG4bK-%" PRIx64 "-%u;rport\r\n"
		"Max-Forwards: 70\r\n"
		"From: \"Phone %u\" <sip:%u@192.0.2.1>;tag=f%" PRIx64 "\r\n"
		"To: <sip:%s@192.0.2.1>%s\r\n"
		"Call-ID: %" PRIx64 "-bench@198.51.100.%u\r\n"
		"CSeq: %u %s\r\n"
		"Contact: <sip:%u@198.51.100.%u:5060;transport=udp>\r\n"
		"User-Agent: BenchPhone/1.0\r\n%s"
		"Content-Length: %zu\r\n\r\n%s",
		method, call->dialed, call->phone, call->number, cseq, call->phone, 1000 + call->phone,
		call->number, call->dialed, in_dialog ? ";tag=t1" : "", call->number, call->phone, cseq,
		method, 1000 + call->phone, call->phone, more, strlen(body), body);

	put_packet(writer, PHONES + call->phone, PBX, 5060, 5060, text, (size_t)size);
}

static void put_response(struct writer *writer, const struct call *call, const char *status,
	const char *method, unsigned cseq, const char *more, const char *body)
{
	char text[PAYLOAD_SIZE];
	int size = snprintf(text, sizeof text,
		"SIP/2.0 %s\r\n"
		"Via: SIP/2.0/UDP 198.51.100.%u:5060;branch=z9hG4bK-%" PRIx64
		"-%u;rport=5060;received=198.51.100.%u\r\n"
		"From: \"Phone %u\" <sip:%u@192.0.2.1>;tag=f%" PRIx64 "\r\n"
		"To: <sip:%s@192.0.2.1>;tag=t1\r\n"
		"Call-ID: %" PRIx64 "-bench@198.51.100.%u\r\n"
		"CSeq: %u %s\r\n"
		"Server: BenchPBX/1.0\r\n%s"
		"Content-Length: %zu\r\n\r\n%s",
		status, call->phone, call->number, cseq, call->phone, call->phone, 1000 + call->phone,
		call->number, call->dialed, call->number, call->phone, cseq, method, more, strlen(body),
		body);

	put_packet(writer, PBX, PHONES + call->phone, 5060, 5060, text, (size_t)size);
}

#define OFFER                                                                                                            \
	"Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, INFO, PRACK, UPDATE\r\nSupported: replaces, timer\r\n" \
	"Content-Type: application/sdp\r\n"

static void put_call(struct writer *writer, const struct call *call)
{
	put_request(writer, call, "INVITE", 1, false, OFFER, offer_of(call));
	put_response(writer, call, "100 Trying", "INVITE", 1, "", "");
	put_response(writer, call, "180 Ringing", "INVITE", 1, "Contact: <sip:192.0.2.1>\r\n", "");
	put_response(writer, call, "200 OK", "INVITE", 1, OFFER "Contact: <sip:192.0.2.1>\r\n",
		session(call, "192.0.2.1"));
	put_request(writer, call, "ACK", 1, true, "", "");
	put_request(writer, call, "BYE", 2, true, "", "");
	put_response(writer, call, "200 OK", "BYE", 2, "", "");
}

static void put_registration(struct writer *writer, const struct call *call)
{
	static const char credentials[] =
		"Authorization: Digest username=\"1001\", realm=\"bench\", nonce=\"65a8f0c2\", "
		"uri=\"sip:192.0.2.1\", response=\"5a1e0b1f6a0e4b6b8f4c8a0d4e2f1c3b\", algorithm=MD5\r\n"
		"Expires: 3600\r\n";

	put_request(writer, call, "REGISTER", 1, false, "Expires: 3600\r\n", "");
	put_response(writer, call, "401 Unauthorized", "REGISTER", 1,
		"WWW-Authenticate: Digest realm=\"bench\", nonce=\"65a8f0c2\", algorithm=MD5\r\n", "");
	put_request(writer, call, "REGISTER", 2, false, credentials, "");
	put_response(
		writer, call, "200 OK", "REGISTER", 2, "Contact: <sip:198.51.100.20>;expires=3600\r\n", "");
}

static void put_options(struct writer *writer, const struct call *call)
{
	put_request(writer, call, "OPTIONS", 1, false, "Accept: application/sdp\r\n", "");
	put_response(
		writer, call, "200 OK", "OPTIONS", 1, "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE\r\n", "");
}

static void choose(struct call *call, uint64_t number)
{
	call->number = number;
	call->phone = (unsigned)(number % 50 + 20);
	if (number % 53 == 7) {
		snprintf(call->dialed, sizeof call->dialed, "0101212555%04u", (unsigned)(number % 10000));
	} else {
		snprintf(call->dialed, sizeof call->dialed, "03%08u",
			(unsigned)(10000000 + number % 80000000));
	}
}

static void make_mixed(struct writer *writer, uint64_t until, uint64_t *number)
{
	struct call call;

	while (writer->packets < until) {
		choose(&call, ++*number);
		if (*number % 20 == 0) {
			put_options(writer, &call);
		} else if (*number % 4 == 0) {
			put_registration(writer, &call);
		} else {
			put_call(writer, &call);
		}
	}
}

static void make_invites(struct writer *writer)
{
	struct call call;

	while (writer->packets < writer->wanted) {
		choose(&call, writer->packets);
		put_request(writer, &call, "INVITE", 1, false, OFFER, offer_of(&call));
	}
}

static void make_abroad(struct writer *writer, unsigned calls_each)
{
	static const char *const prefixes[] = {"01023222", "010124655", "01025261", "010960"};
	char text[PAYLOAD_SIZE];

	while (writer->packets < writer->wanted) {
		uint64_t number = writer->packets;
		unsigned thief = (unsigned)(number / calls_each % 100000);
		int size = snprintf(text, sizeof text,
			"INVITE sip:%s%07u@192.0.2.1 SIP/2.0\r\n"
			"Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-%" PRIx64 "\r\n"
			"From: <sip:thief%u@192.0.2.1>;tag=f%" PRIx64 "\r\nTo: <sip:x@192.0.2.1>\r\n"
			"Call-ID: %" PRIx64 "-abroad\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
			prefixes[number % 4], (unsigned)(number % 10000000), number, thief, number, number);
		/* 198.18.0.0/15 is for benchmarks (RFC 2544). */
		put_packet(writer, 0xC6120000u + thief, PBX, 5060, 5060, text, (size_t)size);
		writer->microseconds += 3000; /* a million in an hour */
	}
}

static void make_rtp(struct writer *writer)
{
	uint8_t media[172] = {0x80, 0};
	uint64_t number = 0;

	while (writer->packets < writer->wanted) {
		make_mixed(writer, writer->packets + 1, &number);
		for (int i = 0; i < 63; i++) { /* nine to each of the seven packets of a call */
			put16(media + 2, (unsigned)i);
			put_packet(writer, PHONES + 20, PBX, 40000, 30000, media, sizeof media);
		}
	}
}

static bool is_kind(const char *name)
{
	static const char *const kinds[] = {"mixed", "invites", "rtp", "abroad", "strangers"};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (strcmp(name, kinds[i]) == 0) {
			return true;
		}
	}
	return false;
}

int main(int argc, char **argv)
{
	static const uint32_t header[6] = {0xA1B2C3D4, 2 | 4 << 16, 0, 0, 65535, 1};
	struct writer writer = {0};
	uint64_t number = 0;

	if (argc != 4 || !is_kind(argv[1])) {
		fputs(usage, stderr);
		return 2;
	}
	writer.wanted = strtoull(argv[2], NULL, 10);
	writer.file = fopen(argv[3], "wb");
	if (writer.file == NULL) {
		perror(argv[3]);
		return 1;
	}
	fwrite(header, sizeof header, 1, writer.file);
	if (strcmp(argv[1], "mixed") == 0) {
		make_mixed(&writer, writer.wanted, &number);
	} else if (strcmp(argv[1], "invites") == 0) {
		make_invites(&writer);
	} else if (strcmp(argv[1], "rtp") == 0) {
		make_rtp(&writer);
	} else {
		make_abroad(&writer, strcmp(argv[1], "abroad") == 0 ? 10 : 1);
	}
	if (ferror(writer.file) != 0 || fclose(writer.file) != 0) {
		perror(argv[3]);
		return 1;
	}
	return 0;
}
