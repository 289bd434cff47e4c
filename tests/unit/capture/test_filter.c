/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/capture/capture_settings.h"
#include "pbxguard/capture/filter.h"

#include <pcap/pcap.h>

#define BYTES(literal) (literal), sizeof(literal) - 1
#define MACS "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02"
#define COOKED "\x00\x00\x00\x01\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00"
#define COOKED2 "\x00\x00\x00\x00\x00\x02\x00\x01\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00"
#define TAG "\x81\x00\x02\x58" /* VLAN 600 */
#define SERVICE_TAG "\x88\xA8\x00\x64"
#define PPPOE_HEADER "\x11\x00\x00\x2A\x00\x26"
#define PPPOE(protocol) "\x88\x64" PPPOE_HEADER protocol

struct link_header {
	const char *bytes;
	size_t size;
};

static const struct {
	const char *what;
	int link_type;
	struct link_header ipv4, ipv6;
} links[] = {
	{"Ethernet", DLT_EN10MB, {BYTES(MACS "\x08\x00")}, {BYTES(MACS "\x86\xDD")}},
	{"one tag", DLT_EN10MB, {BYTES(MACS TAG "\x08\x00")}, {BYTES(MACS TAG "\x86\xDD")}},
	{"two tags", DLT_EN10MB, {BYTES(MACS SERVICE_TAG TAG "\x08\x00")},
		{BYTES(MACS SERVICE_TAG TAG "\x86\xDD")}},
	{"PPPoE", DLT_EN10MB, {BYTES(MACS PPPOE("\x00\x21"))}, {BYTES(MACS PPPOE("\x00\x57"))}},
	{"cooked v1, PPPoE", DLT_LINUX_SLL, {BYTES(COOKED PPPOE("\x00\x21"))},
		{BYTES(COOKED PPPOE("\x00\x57"))}},
	{"cooked v2, PPPoE", DLT_LINUX_SLL2, {BYTES("\x88\x64" COOKED2 PPPOE_HEADER "\x00\x21")},
		{BYTES("\x88\x64" COOKED2 PPPOE_HEADER "\x00\x57")}},
	{"cooked v1", DLT_LINUX_SLL, {BYTES(COOKED "\x08\x00")}, {BYTES(COOKED "\x86\xDD")}},
	{"cooked v2", DLT_LINUX_SLL2, {BYTES("\x08\x00" COOKED2)}, {BYTES("\x86\xDD" COOKED2)}},
	{"loopback", DLT_NULL, {BYTES("\x02\x00\x00\x00")}, {BYTES("\x0A\x00\x00\x00")}},
	{"raw", DLT_RAW, {BYTES("")}, {BYTES("")}},
};

#define V4_ADDRESSES "\xC0\x00\x02\x0A\xCB\x00\x71\x02"
#define V4(place, protocol) "\x45\x00\x00\x24\x12\x34" place "\x40" protocol "\x00\x00" V4_ADDRESSES
#define WHOLE "\x40\x00"
#define V6(next)                                                                                             \
	"\x60\x00\x00\x00\x00\x20" next "\x40"                                                               \
	"\x20\x01\x0D\xB8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"                                   \
	"\x20\x01\x0D\xB8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"
#define EXTENSION(next) next "\x00\x01\x04\x00\x00\x00\x00"
#define FRAGMENT(next, place) next "\x00" place "\xDE\xAD\xBE\xEF"
#define UDP "\x11"
#define TCP "\x06"
#define FROM_SIP "\x13\xC4\x9C\x40" /* 5060 to 40000 */
#define TO_SIP "\x9C\x40\x13\xC4"
#define TO_SECOND "\x9C\x40\x13\xC5" /* 5061 */
#define RTP "\x40\x00\x4E\x20"       /* 16384 to 20000 */
#define REST                                                                                                 \
	"\x00\x10\x00\x00"                                                                                   \
	"PAYLOAD."

enum wanted { NO, YES, AS_TUNNEL /* by capture.tunnels */ };

static const struct {
	const char *what;
	enum wanted wanted;
	bool ipv6;
	const char *bytes;
	size_t size;
} packets[] = {
	{"UDP from 5060", YES, false, BYTES(V4(WHOLE, UDP) FROM_SIP REST)},
	{"UDP to 5060", YES, false, BYTES(V4(WHOLE, UDP) TO_SIP REST)},
	{"UDP to the second port", YES, false, BYTES(V4(WHOLE, UDP) TO_SECOND REST)},
	{"TCP to 5060", YES, false, BYTES(V4(WHOLE, TCP) TO_SIP REST)},
	{"UDP behind IPv4 options", YES, false,
		BYTES("\x46\x00\x00\x28\x12\x34\x40\x00\x40\x11\x00\x00" V4_ADDRESSES
		      "\x94\x04\x00\x00" TO_SIP REST)},
	{"RTP", NO, false, BYTES(V4(WHOLE, UDP) RTP REST)},
	{"TCP elsewhere", NO, false, BYTES(V4(WHOLE, TCP) RTP REST)},
	{"SCTP to 5060", NO, false, BYTES(V4(WHOLE, "\x84") TO_SIP REST)},
	{"ICMP", NO, false, BYTES(V4(WHOLE, "\x01") "\x08\x00\x00\x00" REST)},
	{"first fragment to 5060", YES, false, BYTES(V4("\x20\x00", UDP) TO_SIP REST)},
	{"first fragment of RTP", NO, false, BYTES(V4("\x20\x00", UDP) RTP REST)},
	{"later fragment", YES, false, BYTES(V4("\x00\xB9", UDP) RTP REST)},
	{"authentication header", YES, false, BYTES(V4(WHOLE, "\x33") "\x11\x04\x00\x00" REST)},
	{"IPv6, UDP from 5060", YES, true, BYTES(V6(UDP) FROM_SIP REST)},
	{"IPv6, TCP to 5060", YES, true, BYTES(V6(TCP) TO_SIP REST)},
	{"IPv6, RTP", NO, true, BYTES(V6(UDP) RTP REST)},
	{"IPv6, fragment", YES, true, BYTES(V6("\x2C") FRAGMENT(UDP, "\x05\xC8") REST)},
	{"IPv6, hop-by-hop", YES, true, BYTES(V6("\x00") EXTENSION(UDP) TO_SIP REST)},
	{"IPv6, multicast listener report", NO, true, BYTES(V6("\x00") EXTENSION("\x3A") "\x8F\0\0\0" REST)},
	{"IPv6, neighbour solicitation", NO, true, BYTES(V6("\x3A") "\x87\0\0\0" REST)},
	{"IPv6, routing", YES, true, BYTES(V6("\x2B") EXTENSION(UDP) TO_SIP REST)},
	{"IPv6, destination options", YES, true, BYTES(V6("\x3C") EXTENSION(UDP) TO_SIP REST)},
	{"IPv6, authentication header", YES, true, BYTES(V6("\x33") "\x11\x04\x00\x00" REST)},
	{"IPv6, echo request", NO, true, BYTES(V6("\x3A") "\x80\0\0\0" REST)},
	{"IP in IP", AS_TUNNEL, false, BYTES(V4(WHOLE, "\x04") V4(WHOLE, UDP) TO_SIP REST)},
	{"6in4", AS_TUNNEL, false, BYTES(V4(WHOLE, "\x29") V6(UDP) TO_SIP REST)},
	{"GRE", AS_TUNNEL, false, BYTES(V4(WHOLE, "\x2F") "\x10\x00\x88\xBE" REST)},
	{"IPv6, IPv4 in it", AS_TUNNEL, true, BYTES(V6("\x04") V4(WHOLE, UDP) TO_SIP REST)},
	{"IPv6, GRE", AS_TUNNEL, true, BYTES(V6("\x2F") "\x10\x00\x88\xBE" REST)},
	{"VXLAN", AS_TUNNEL, false, BYTES(V4(WHOLE, UDP) "\xC0\x00\x12\xB5" REST)},
	{"from VXLAN's port", NO, false, BYTES(V4(WHOLE, UDP) "\x12\xB5\xC0\x00" REST)},
	{"GTP-U", AS_TUNNEL, false, BYTES(V4(WHOLE, UDP) "\x08\x68\x08\x68" REST)},
	{"Geneve", AS_TUNNEL, true, BYTES(V6(UDP) "\xC0\x00\x17\xC1" REST)},
	{"IPsec", NO, false, BYTES(V4(WHOLE, "\x32") REST)},
};

static struct bpf_program compile(const uint32_t *ports, size_t count, bool tunnels, int link_type)
{
	const struct filter_wish wish = {ports, count, tunnels};
	char text[FILTER_TEXT_SIZE];
	pcap_t *dead = pcap_open_dead(link_type, 65535);
	struct bpf_program program;

	if (pcap_compile(dead, &program, filter_format(&wish, link_type, text), 1, PCAP_NETMASK_UNKNOWN) <
		0) {
		fail_msg("link type %d: %s", link_type, pcap_geterr(dead));
	}
	pcap_close(dead);
	return program;
}

static bool passes(
	const struct bpf_program *program, const struct link_header *link, const char *bytes, size_t size)
{
	uint8_t frame[256];
	struct pcap_pkthdr header = {
		.caplen = (bpf_u_int32)(link->size + size), .len = (bpf_u_int32)(link->size + size)};

	assert_true(header.caplen <= sizeof frame);
	memcpy(frame, link->bytes, link->size);
	memcpy(frame + link->size, bytes, size);
	return pcap_offline_filter(program, &header, frame) != 0;
}

static void check_packets(const uint32_t *ports, size_t count, bool tunnels)
{
	for (size_t i = 0; i < COUNT_OF(links); i++) {
		struct bpf_program program = compile(ports, count, tunnels, links[i].link_type);
		for (size_t j = 0; j < COUNT_OF(packets); j++) {
			const struct link_header *link = packets[j].ipv6 ? &links[i].ipv6 : &links[i].ipv4;
			bool wanted = packets[j].wanted == YES || (packets[j].wanted == AS_TUNNEL && tunnels);
			if (passes(&program, link, packets[j].bytes, packets[j].size) != wanted) {
				fail_msg("%s: %s: %s", links[i].what, packets[j].what,
					wanted ? "is dropped" : "passes");
			}
		}
		pcap_freecode(&program);
	}
}

static const uint32_t two_ports[] = {5060, 5061};

static void sip_and_what_may_hide_it_passes_and_nothing_else(void **state)
{
	(void)state;
	check_packets(two_ports, COUNT_OF(two_ports), false);
}

static void tunnels_pass_where_they_are_wished_for(void **state)
{
	(void)state;
	check_packets(two_ports, COUNT_OF(two_ports), true);
}

/* What holds PPPoE and is not IP, or has a tag left, or is MPLS. */
static void other_frames_pass_or_not(void **state)
{
	static const uint32_t port = 5060;
	static const struct {
		const char *what;
		bool plain, tunnels;
		struct link_header frame;
	} frames[] = {
		{"PPPoE, link control", false, false, {BYTES(MACS PPPOE("\xC0\x21") "\x09\x01" REST)}},
		{"PPPoE behind a tag", true, true,
			{BYTES(MACS TAG PPPOE("\x00\x21") V4(WHOLE, UDP) TO_SIP REST)}},
		{"PPPoE behind two tags", true, true,
			{BYTES(MACS SERVICE_TAG TAG PPPOE("\x00\x21") V4(WHOLE, UDP) TO_SIP REST)}},
		{"MPLS", false, true, {BYTES(MACS "\x88\x47\x00\x06\x51\x40" V4(WHOLE, UDP) TO_SIP REST)}},
		{"MPLS behind a tag", false, true,
			{BYTES(MACS TAG "\x88\x47\x00\x06\x51\x40" V4(WHOLE, UDP) TO_SIP REST)}},
		{"ARP", false, false, {BYTES(MACS "\x08\x06\x00\x01\x08\x00\x06\x04" REST)}},
	};

	(void)state;
	for (int tunnels = 0; tunnels < 2; tunnels++) {
		struct bpf_program program = compile(&port, 1, tunnels, DLT_EN10MB);
		for (size_t i = 0; i < COUNT_OF(frames); i++) {
			bool wanted = tunnels ? frames[i].tunnels : frames[i].plain;
			if (passes(&program, &frames[i].frame, "", 0) != wanted) {
				fail_msg("%s: %s", frames[i].what, wanted ? "is dropped" : "passes");
			}
		}
		pcap_freecode(&program);
	}
}

static void the_port_of_tls_passes_always(void **state)
{
	static const uint32_t port = 5060;
	struct bpf_program program = compile(&port, 1, false, DLT_RAW);

	(void)state;
	assert_true(passes(&program, &links[COUNT_OF(links) - 1].ipv4, BYTES(V4(WHOLE, TCP) TO_SECOND REST)));
	pcap_freecode(&program);
}

static void cooked_frames_that_still_have_a_tag_pass_whole(void **state)
{
	static const uint32_t port = 5060;
	static const struct link_header tagged[] = {
		{BYTES(COOKED "\x81\x00\x02\x58\x08\x00")}, {BYTES("\x88\xA8" COOKED2 "\x02\x58\x08\x00")}};
	static const int link_types[] = {DLT_LINUX_SLL, DLT_LINUX_SLL2};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(tagged); i++) {
		struct bpf_program program = compile(&port, 1, false, link_types[i]);
		assert_true(passes(&program, &tagged[i], BYTES(V4(WHOLE, UDP) TO_SIP REST)));
		pcap_freecode(&program);
	}
}

/*
 * The kernel takes 4096 instructions (BPF_MAXINSNS) and, before Linux 6.7, 20 KiB of them translated
 * (net.core.optmem_max): 8 bytes each, some become two. Beyond, libpcap would filter in our process.
 */
#define INSTRUCTIONS_MAX 1200

static void the_most_ports_still_fit_the_kernel(void **state)
{
	uint32_t ports[CAPTURE_PORTS_MAX];

	(void)state;
	for (size_t i = 0; i < CAPTURE_PORTS_MAX; i++) {
		ports[i] = (uint32_t)(65535 - 2 * i);
	}
	for (size_t i = 0; i < COUNT_OF(links); i++) {
		struct bpf_program program = compile(ports, CAPTURE_PORTS_MAX, true, links[i].link_type);
		if (program.bf_len > INSTRUCTIONS_MAX) {
			fail_msg("%s: %u instructions", links[i].what, program.bf_len);
		}
		pcap_freecode(&program);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sip_and_what_may_hide_it_passes_and_nothing_else),
		cmocka_unit_test(the_port_of_tls_passes_always),
		cmocka_unit_test(tunnels_pass_where_they_are_wished_for),
		cmocka_unit_test(other_frames_pass_or_not),
		cmocka_unit_test(cooked_frames_that_still_have_a_tag_pass_whole),
		cmocka_unit_test(the_most_ports_still_fit_the_kernel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
