/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/action/raw_sender.h"

#include <errno.h>

static struct sip_datagram datagram_of(const char *source, const char *destination, const char *bytes)
{
	struct sip_datagram datagram = {.source.port = 5060, .destination.port = 5070};

	assert_true(address_parse(text_of(source), &datagram.source.address));
	assert_true(address_parse(text_of(destination), &datagram.destination.address));
	text_copy(text_of(bytes), datagram.bytes, sizeof datagram.bytes);
	datagram.size = strlen(datagram.bytes);
	return datagram;
}

/* Folded sum of 16-bit words: 0xFFFF where the checksum among them is right. */
static unsigned folded(unsigned sum, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		sum += (unsigned)bytes[i] << (i % 2 ? 0 : 8);
	}
	while (sum > 0xFFFF) {
		sum = (sum & 0xFFFF) + (sum >> 16);
	}
	return sum;
}

static void an_ipv4_packet_is_as_rfc_791_and_768_have_it(void **state)
{
	static const uint8_t expected[] = {0x45, 0, 0, 33, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51,
		100, 7, 0x13, 0xC4, 0x13, 0xCE, 0, 13};
	struct sip_datagram datagram = datagram_of("192.0.2.1", "198.51.100.7", "SIP/2");
	uint8_t packet[RAW_PACKET_MAX];

	(void)state;
	assert_int_equal(raw_sender_packet(&datagram, packet), 33);
	assert_int_equal(folded(0, packet, 20), 0xFFFF);
	assert_int_equal(folded(17 + 13, packet + 12, 21), 0xFFFF);
	packet[10] = packet[11] = 0;
	assert_memory_equal(packet, expected, sizeof expected);
	assert_memory_equal(packet + 28, "SIP/2", 5);
}

static void an_ipv6_packet_is_as_rfc_8200_has_it(void **state)
{
	static const uint8_t expected[] = {0x60, 0, 0, 0, 0, 12, 17, 64, 0x20, 0x01, 0x0D, 0xB8};
	struct sip_datagram datagram = datagram_of("2001:db8::1", "2001:db8::2", "SIP/");
	uint8_t packet[RAW_PACKET_MAX];

	(void)state;
	assert_int_equal(raw_sender_packet(&datagram, packet), 52);
	assert_memory_equal(packet, expected, sizeof expected);
	assert_int_equal(packet[39], 2);
	assert_int_equal(folded(17 + 12, packet + 8, 44), 0xFFFF);
}

/* RFC 768: a checksum of 0 would say that there is none. Some of these come out as 0. */
static void no_checksum_is_zero(void **state)
{
	struct sip_datagram datagram = datagram_of("192.0.2.1", "198.51.100.7", "12");
	uint8_t packet[RAW_PACKET_MAX];
	bool was_all_ones = false;

	(void)state;
	for (unsigned value = 0; value <= 0xFFFF; value++) {
		datagram.bytes[0] = (char)(value >> 8);
		datagram.bytes[1] = (char)value;
		assert_int_equal(raw_sender_packet(&datagram, packet), 30);
		assert_true(packet[26] != 0 || packet[27] != 0);
		was_all_ones |= packet[26] == 0xFF && packet[27] == 0xFF;
	}
	assert_true(was_all_ones);
}

static void what_does_not_fit_together_is_refused_and_counted(void **state)
{
	struct counters counters = {0};
	struct raw_sender sender = RAW_SENDER_NONE;
	struct sip_datagram good = datagram_of("192.0.2.1", "198.51.100.7", "x"), bad;

	(void)state;
	sender.counters = &counters;
	assert_int_equal(raw_sender_send(&sender, &good), -EAFNOSUPPORT);
	bad = datagram_of("192.0.2.1", "2001:db8::1", "x");
	assert_int_equal(raw_sender_send(&sender, &bad), -EINVAL);
	bad = good;
	bad.destination.port = 0;
	assert_int_equal(raw_sender_send(&sender, &bad), -EINVAL);
	bad = good;
	bad.source.port = 0;
	assert_int_equal(raw_sender_send(&sender, &bad), -EINVAL);
	bad = good;
	bad.source.address.family = bad.destination.address.family = ADDRESS_NONE;
	assert_int_equal(raw_sender_send(&sender, &bad), -EINVAL);
	bad = good;
	bad.size = SIP_DATAGRAM_MAX + 1;
	assert_int_equal(raw_sender_send(&sender, &bad), -EINVAL);
	assert_int_equal(counter_get(&counters, COUNTER_REPLIES_FAILED), 6);
	assert_int_equal(counter_get(&counters, COUNTER_REPLIES), 0);
	raw_sender_close(&sender);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ipv4_packet_is_as_rfc_791_and_768_have_it),
		cmocka_unit_test(an_ipv6_packet_is_as_rfc_8200_has_it),
		cmocka_unit_test(no_checksum_is_zero),
		cmocka_unit_test(what_does_not_fit_together_is_refused_and_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
