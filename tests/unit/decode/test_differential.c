/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each INVITE that osip_message_parse accepts, of the torture messages, the fuzzers' seeds and the project's
 * captures: our reading agrees with it, but for the differences listed here with their reasons. Captures and
 * messages named on the command line are compared, too.
 */
#include "../test.h"

#include "pbxguard/capture/file_merge.h"
#include "pbxguard/decode/ip.h"
#include "pbxguard/decode/link.h"
#include "pbxguard/decode/sip_parser.h"
#include "pbxguard/decode/sip_value.h"
#include "pbxguard/decode/udp.h"

#include <ftw.h>
#include <osipparser2/osip_parser.h>
#include <stdlib.h>

/* What may differ: in which file (its name's end), which field, and why. */
static const struct difference {
	const char *file, *field;
	const char *why; /* for the reader */
} differences[] = {
	{"lower-case-method", "CSeq method", "we keep the request line's, invite; libosip2 shows CSeq's own"},
	{"telephone-uri", "request-URI user",
		"libosip2 leaves a tel: URI in one string, with its parameters"},
};

static bool was_met[COUNT_OF(differences)];
static size_t compared, refused, unexpected;

static void report(const char *file, const char *field, struct text ours, struct text theirs)
{
	for (size_t i = 0; i < COUNT_OF(differences); i++) {
		size_t size = strlen(file), end = strlen(differences[i].file);
		if (size >= end && strcmp(file + size - end, differences[i].file) == 0 &&
			strcmp(field, differences[i].field) == 0) {
			was_met[i] = true;
			return;
		}
	}
	print_error("%s: %s: we read \"%.*s\", libosip2 \"%.*s\"\n", file, field, TEXT_PRINT(ours),
		TEXT_PRINT(theirs));
	unexpected++;
}

static void compare(const char *file, const char *field, struct text ours, const char *theirs)
{
	if (!text_equal(ours, text_of(theirs))) {
		report(file, field, ours, text_of(theirs));
	}
}

static void compare_number(const char *file, const char *field, unsigned ours, const char *theirs)
{
	char number[16];
	uint64_t value = 0;

	snprintf(number, sizeof number, "%u", ours);
	if (!text_to_number(text_of(theirs == NULL ? "0" : theirs), UINT32_MAX, &value) || value != ours) {
		report(file, field, text_of(number), text_of(theirs));
	}
}

/* libosip2 has the user decoded, and all of tel: and urn: in one string. */
static void compare_uri(
	const char *file, const char *const fields[3], const struct sip_uri *ours, const osip_uri_t *theirs)
{
	char buffer[1024];
	struct text user;

	text_decode_percent(ours->user, buffer, sizeof buffer, &user);
	if (theirs->string != NULL) {
		compare(file, fields[0], ours->user,
			ours->scheme == SIP_SCHEME_OTHER ? NULL : theirs->string);
		return;
	}
	compare(file, fields[0], user, theirs->username);
	compare(file, fields[1], ours->host, theirs->host);
	compare_number(file, fields[2], ours->port, theirs->port);
}

static void compare_party(
	const char *file, const char *const fields[4], const struct sip_party *ours, osip_from_t *theirs)
{
	osip_generic_param_t *tag = NULL;
	char name[] = "tag";

	if (theirs->url != NULL) {
		compare_uri(file, fields, &ours->uri, theirs->url);
	}
	osip_generic_param_get_byname(&theirs->gen_params, name, &tag);
	compare(file, fields[3], ours->tag, tag == NULL ? NULL : tag->gvalue);
}

static void compare_messages(const char *file, const struct sip_message *ours, osip_message_t *theirs)
{
	static const char *const uri[] = {"request-URI user", "request-URI host", "request-URI port"};
	static const char *const from[] = {"From user", "From host", "From port", "From tag"};
	static const char *const to[] = {"To user", "To host", "To port", "To tag"};
	osip_generic_param_t *branch = NULL;
	osip_via_t *via = NULL;
	char name[] = "branch", *call_id = NULL;

	compare_uri(file, uri, &ours->request_uri, theirs->req_uri);
	if (theirs->from != NULL) {
		compare_party(file, from, &ours->from, theirs->from);
	}
	if (theirs->to != NULL) {
		compare_party(file, to, &ours->to, theirs->to);
	}
	if (theirs->call_id != NULL && osip_call_id_to_str(theirs->call_id, &call_id) == OSIP_SUCCESS) {
		compare(file, "Call-ID", ours->call_id, call_id);
	}
	if (theirs->cseq != NULL) {
		compare_number(file, "CSeq number", ours->cseq, theirs->cseq->number);
		compare(file, "CSeq method", ours->method_name, theirs->cseq->method);
	}
	if (osip_message_get_via(theirs, 0, &via) >= 0 && via != NULL) {
		osip_generic_param_get_byname(&via->via_params, name, &branch);
		compare(file, "branch", ours->via_branch, branch == NULL ? NULL : branch->gvalue);
	}
}

/* Both readings use the parser's arena, which is emptied by the next sip_parse only. */
static void compare_payload(const char *file, struct text payload)
{
	struct sip_message ours;
	osip_message_t *theirs;
	struct sip_scan scan;

	bool is_invite = sip_scan(payload, &scan) && scan.is_request && scan.method == SIP_METHOD_INVITE;
	if (is_invite) {
		sip_parse(&scan, &ours);
	}
	assert_int_equal(osip_message_init(&theirs), OSIP_SUCCESS);
	if (osip_message_parse(theirs, payload.start, payload.size) != OSIP_SUCCESS ||
		theirs->sip_method == NULL ||
		!text_equal_ignoring_case(text_of(theirs->sip_method), TEXT("INVITE"))) {
		refused += is_invite;
		return;
	}
	if (!is_invite) {
		report(file, "INVITE", (struct text){0}, TEXT("an INVITE"));
		return;
	}
	compare_messages(file, &ours, theirs);
	compared++;
}

static int compare_file(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	static char bytes[1 << 17];
	FILE *file = kind == FTW_F ? fopen(path, "rb") : NULL;

	(void)status, (void)place;
	if (file != NULL) {
		struct sip_message empty;
		size_t size = fread(bytes, 1, sizeof bytes - 1, file);
		fclose(file);
		bytes[size] = '\0';                       /* libosip2 reads on to a NUL */
		sip_parse(&(struct sip_scan){0}, &empty); /* the arena is empty now */
		compare_payload(path, (struct text){bytes, size});
	}
	return kind == FTW_F || kind == FTW_D ? 0 : 1;
}

static void compare_packet(const char *path, const struct packet *packet)
{
	static char bytes[65536];
	struct sip_message empty;
	struct reader frame;
	struct ip_packet ip;
	struct udp_datagram datagram;

	if (link_decode(packet->link_type, reader_of(packet->bytes, packet->captured), &frame) ==
			DECODE_DONE &&
		ip_decode(frame, &ip) == DECODE_DONE && !ip.is_fragment && ip.protocol == IP_PROTOCOL_UDP &&
		udp_decode(ip.payload, &datagram) == DECODE_DONE && datagram.payload.size < sizeof bytes) {
		memcpy(bytes, datagram.payload.bytes, datagram.payload.size);
		bytes[datagram.payload.size] = '\0';
		sip_parse(&(struct sip_scan){0}, &empty);
		compare_payload(path, (struct text){bytes, datagram.payload.size});
	}
}

static void compare_capture(const char *path)
{
	struct packet packet;
	char error[256];
	struct file_merge *merge = file_merge_open(&path, 1, error, sizeof error);

	if (merge == NULL) {
		fail_msg("%s", error);
	}
	while (file_merge_next(merge, &packet) == PCAP_SOURCE_PACKET) {
		compare_packet(path, &packet);
	}
	file_merge_free(merge);
}

static const char *tests_path(const char *name)
{
	static char path[512];
	const char *folder = getenv("PBXGUARD_SOURCE");

	snprintf(path, sizeof path, "%s/tests/%s", folder == NULL ? "." : folder, name);
	return path;
}

static void our_reading_agrees_with_libosip2(void **state)
{
	char **more = *state;

	sip_parser_start();
	assert_int_equal(parser_init(), OSIP_SUCCESS);
	assert_int_equal(nftw(tests_path("torture/messages"), compare_file, 8, 0), 0);
	assert_int_equal(nftw(tests_path("fuzz/corpus/sip"), compare_file, 8, 0), 0);
	compare_capture(tests_path("captures/office-day-and-night.pcap"));
	compare_capture(tests_path("captures/links/ethernet.pcap"));
	for (; *more != NULL; more++) {
		strstr(*more, "pcap") != NULL || strstr(*more, ".cap") != NULL
			? compare_capture(*more)
			: (void)compare_file(*more, NULL, FTW_F, NULL);
	}
	print_message("%zu INVITEs compared, %zu that libosip2 refuses\n", compared, refused);
	assert_int_equal(unexpected, 0);
	assert_true(compared > 100);
}

static void every_difference_listed_is_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(differences); i++) {
		if (!was_met[i]) {
			fail_msg(
				"%s: %s does not differ any more", differences[i].file, differences[i].field);
		}
	}
}

int main(int count, char **arguments)
{
	char **more = arguments + (count > 0);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(our_reading_agrees_with_libosip2, more),
		cmocka_unit_test(every_difference_listed_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
