/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/decode/assembly_table.h"
#include "pbxguard/decode/ip_reassembly.h"

#include <stdlib.h>

#define DATAGRAM_MAX 65535
#define START (1000 * SECOND)

/* What was handed out. */
struct seen {
	size_t whole, cut, repeated;
	size_t size;  /* of the latest */
	instant time; /* of the latest */
	bool is_read; /* what the handler answers */
	uint8_t bytes[DATAGRAM_MAX];
};

struct fixture {
	struct counters counters;
	struct ip_reassembly *reassembly;
	struct seen seen;
	uint8_t bytes[2][DATAGRAM_MAX + 8]; /* the datagram's, and others */
};

static bool note(void *context, const struct ip_datagram *datagram)
{
	struct seen *seen = context;
	struct reader payload = datagram->packet.payload;

	seen->whole += !datagram->packet.cut;
	seen->cut += datagram->packet.cut;
	seen->repeated += datagram->was_read;
	seen->size = reader_left(&payload);
	seen->time = datagram->time;
	assert_false(datagram->packet.is_fragment);
	assert_in_range(seen->size, 1, DATAGRAM_MAX);
	memcpy(seen->bytes, reader_take(&payload, seen->size), seen->size);
	return seen->is_read;
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	fixture->reassembly = ip_reassembly_new(&fixture->counters);
	for (size_t i = 0; i < sizeof fixture->bytes[0]; i++) {
		fixture->bytes[0][i] = (uint8_t)(i * 31 + i / 251);
		fixture->bytes[1][i] = (uint8_t)~fixture->bytes[0][i];
	}
	*state = fixture;
	return fixture->reassembly == NULL;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	ip_reassembly_free(fixture->reassembly);
	free(fixture);
	return 0;
}

/* From 198.51.100.1 to 192.0.2.1, UDP over IPv4. */
static struct ip_packet fragment_of(const uint8_t *datagram, size_t offset, size_t size, bool more)
{
	return (struct ip_packet){
		.version = 4,
		.source = address_ipv4((const uint8_t[]){198, 51, 100, 1}),
		.destination = address_ipv4((const uint8_t[]){192, 0, 2, 1}),
		.protocol = IP_PROTOCOL_UDP,
		.payload = reader_of(datagram + offset, size),
		.is_fragment = true,
		.more_fragments = more,
		.fragment_offset = (uint16_t)offset,
		.fragment_id = 7,
	};
}

static void add_at(struct fixture *fixture, const struct ip_packet *fragment, instant now)
{
	ip_reassembly_add(fixture->reassembly, fragment, now, note, &fixture->seen);
}

static void add(struct fixture *fixture, size_t offset, size_t size, bool more)
{
	const struct ip_packet fragment = fragment_of(fixture->bytes[0], offset, size, more);

	add_at(fixture, &fragment, START);
}

static bool is_the_datagram(const struct fixture *fixture, size_t size)
{
	return fixture->seen.size == size && memcmp(fixture->seen.bytes, fixture->bytes[0], size) == 0;
}

/* --- tables of fragments ----------------------------------------------------------------------------------
 */

struct step {
	unsigned offset, size;
	bool more;
	unsigned other; /* 1: with other bytes */
};

struct expected {
	size_t whole, size; /* datagrams handed out whole, and bytes of each */
	size_t cut;         /* beginnings handed out while the fragments came */
	size_t datagrams;   /* still waiting */
	uint64_t overlapping, broken;
};

static const struct {
	const char *what;
	int version; /* 0: both */
	struct step steps[8];
	struct expected expected;
} cases[] = {
	{"in order", 0, {{0, 24, true}, {24, 16, true}, {40, 5, false}}, {1, 45}},
	{"the last before the middle", 0, {{0, 24, true}, {40, 5, false}, {24, 16, true}}, {1, 45}},
	{"the middle first", 0, {{24, 16, true}, {0, 24, true}, {40, 5, false}}, {1, 45}},
	{"the middle, then the last", 0, {{24, 16, true}, {40, 5, false}, {0, 24, true}}, {1, 45}},
	{"the last first", 0, {{40, 5, false}, {0, 24, true}, {24, 16, true}}, {1, 45}},
	{"backwards", 0, {{40, 5, false}, {24, 16, true}, {0, 24, true}}, {1, 45}},
	{"each twice", 0, {{0, 24, true}, {0, 24, true}, {24, 16, true}, {24, 16, true}, {40, 5, false}},
		{1, 45}},
	{"the last twice at first", 0, {{24, 5, false}, {24, 5, false}, {0, 24, true}}, {1, 29}},
	{"a part of what is there again", 0, {{0, 24, true}, {8, 8, true}, {24, 5, false}}, {1, 29}},
	{"two datagrams after each other", 0, {{0, 24, true}, {24, 5, false}, {0, 24, true}, {24, 5, false}},
		{2, 29}},
	{"fragments of one unit", 0, {{0, 8, true}, {16, 8, true}, {24, 1, false}, {8, 8, true}}, {1, 25}},
	{"the longest", 0, {{0, 32768, true}, {65528, 7, false}, {32768, 32760, true}}, {1, 65535}},
	{"a gap", 0, {{0, 24, true}, {32, 8, false}}, {0, 0, 0, 1}},
	{"no last", 0, {{0, 24, true}, {24, 8, true}}, {0, 0, 0, 1}},
	{"no first", 0, {{24, 8, true}, {32, 8, false}}, {0, 0, 0, 1}},

	/* RFC 5722 §3: the second rewrites the end of the first. */
	{"an overlap at the end", 0, {{0, 24, true}, {16, 16, false}}, {0, 0, 1, 0, 2}},
	{"an overlap at the beginning", 0, {{16, 16, false}, {0, 24, true}}, {0, 0, 1, 0, 2}},
	{"an overlap over all", 0, {{16, 8, true}, {0, 32, true}}, {0, 0, 1, 0, 2}},
	{"an overlap over a gap", 0, {{0, 8, true}, {16, 8, true}, {0, 24, true}}, {0, 0, 2, 0, 3}},
	{"after an overlap a new datagram begins", 0,
		{{0, 24, true}, {16, 16, false}, {0, 24, true}, {24, 5, false}}, {1, 29, 1, 0, 2}},
	/* The second lies inside the first and ends it earlier: older kernels computed a negative size. */
	{"teardrop", 4, {{0, 36, true}, {24, 4, false}}, {0, 0, 1, 0, 2}},
	{"two ends, the second nearer", 0, {{24, 8, false}, {8, 8, false}}, {0, 0, 0, 0, 2}},
	{"two ends, the second farther", 0, {{24, 8, false}, {40, 8, false}}, {0, 0, 0, 0, 2}},
	{"more after the end", 0, {{24, 8, false}, {40, 8, true}}, {0, 0, 0, 0, 2}},
	{"an end before what is there", 0, {{24, 8, true}, {8, 8, false}}, {0, 0, 0, 0, 2}},
	{"an empty one of a datagram", 0, {{0, 24, true}, {24, 0, false}}, {0, 0, 1, 0, 2}},

	/* Linux does not look at the bytes of what it has: the earlier count, and the others are read alone.
	 */
	{"another first one", 0, {{0, 24, true}, {0, 24, true, 1}, {24, 5, false}}, {1, 29, 1, 0, 1}},
	{"another middle one", 0, {{0, 24, true}, {8, 8, true, 1}, {24, 5, false}}, {1, 29, 0, 0, 1}},
	{"another last one", 0, {{24, 5, false}, {24, 5, false, 1}, {0, 24, true}}, {1, 29, 0, 0, 1}},

	{"an empty one alone", 0, {{8, 0, true}}, {0, 0, 0, 0, 0, 1}},
	{"past the longest", 0, {{65528, 8, true}}, {0, 0, 0, 0, 0, 1}},
	{"a last one past the longest", 0, {{65528, 8, false}}, {0, 0, 0, 0, 0, 1}},
	{"IPv4, no multiple of 8", 4, {{0, 27, true}, {24, 5, false}}, {1, 29}},
	{"IPv4, less than 8", 4, {{0, 7, true}}, {0, 0, 0, 0, 0, 1}},
	{"IPv6, no multiple of 8", 6, {{0, 27, true}, {24, 5, false}}, {0, 0, 1, 1, 0, 1}},
};

static void compare(const char *what, const struct fixture *fixture, const struct expected *expected)
{
	const struct seen *seen = &fixture->seen;
	size_t datagrams = ip_reassembly_figures(fixture->reassembly).datagrams;
	uint64_t overlapping = counter_get(&fixture->counters, COUNTER_FRAGMENTS_OVERLAPPING);
	uint64_t broken = counter_get(&fixture->counters, COUNTER_FRAGMENTS_BROKEN);

	if (seen->whole != expected->whole || seen->cut != expected->cut ||
		datagrams != expected->datagrams) {
		fail_msg("%s: %zu whole, %zu cut, %zu waiting", what, seen->whole, seen->cut, datagrams);
	}
	if (overlapping != expected->overlapping || broken != expected->broken) {
		fail_msg("%s: %d overlapping, %d broken", what, (int)overlapping, (int)broken);
	}
	if (expected->whole > 0 && !is_the_datagram(fixture, expected->size)) {
		fail_msg("%s: another datagram, of %zu bytes", what, seen->size);
	}
}

static void run_case(size_t at, uint8_t version)
{
	void *state;

	assert_int_equal(set_up(&state), 0);
	struct fixture *fixture = state;
	for (size_t i = 0; i < COUNT_OF(cases[at].steps); i++) {
		const struct step *step = &cases[at].steps[i];
		struct ip_packet fragment =
			fragment_of(fixture->bytes[step->other], step->offset, step->size, step->more);
		fragment.version = version;
		if (step->size > 0 || step->offset > 0) {
			add_at(fixture, &fragment, START);
		}
	}
	compare(cases[at].what, fixture, &cases[at].expected);
	tear_down(&state);
}

static void fragments_make_datagrams(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		if (cases[i].version != 6) {
			run_case(i, 4);
		}
		if (cases[i].version != 4) {
			run_case(i, 6);
		}
	}
}

/* --- whose fragments are whose ----------------------------------------------------------------------------
 */

static void fragments_of_different_datagrams_do_not_mix(void **state)
{
	struct fixture *fixture = *state;
	struct ip_packet others[5], mine = fragment_of(fixture->bytes[0], 24, 5, false);

	for (size_t i = 0; i < COUNT_OF(others); i++) {
		others[i] = fragment_of(fixture->bytes[1], 0, 24, true);
	}
	others[0].fragment_id = 8;
	others[1].source.bytes[3] = 2;
	others[2].destination.bytes[3] = 2;
	others[3].protocol = IP_PROTOCOL_TCP;
	others[4].version = 6;
	add(fixture, 0, 24, true);
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		add_at(fixture, &others[i], START);
	}
	add_at(fixture, &mine, START);
	assert_int_equal(fixture->seen.whole, 1);
	assert_true(is_the_datagram(fixture, 29));
	assert_int_equal(ip_reassembly_figures(fixture->reassembly).datagrams, COUNT_OF(others));
}

/* RFC 8200 §4.5: what follows is told by the first fragment; in the others it may be anything. */
static void of_ipv6_the_first_fragment_says_what_follows(void **state)
{
	struct fixture *fixture = *state;
	struct ip_packet first = fragment_of(fixture->bytes[0], 0, 24, true);
	struct ip_packet last = fragment_of(fixture->bytes[0], 24, 5, false);

	first.version = last.version = 6;
	last.protocol = 59;
	add_at(fixture, &last, START);
	add_at(fixture, &first, START);
	assert_int_equal(fixture->seen.whole, 1);
}

/* --- time -------------------------------------------------------------------------------------------------
 */

static void the_beginning_is_read_when_the_rest_is_overdue_and_again_when_it_comes(void **state)
{
	struct fixture *fixture = *state;
	struct ip_packet rest = fragment_of(fixture->bytes[0], 24, 5, false);

	fixture->seen.is_read = true;
	add(fixture, 0, 24, true);
	ip_reassembly_tick(fixture->reassembly, START + IP_REASSEMBLY_PATIENCE - 1, note, &fixture->seen);
	assert_int_equal(fixture->seen.cut, 0);
	ip_reassembly_tick(fixture->reassembly, START + IP_REASSEMBLY_PATIENCE, note, &fixture->seen);
	assert_int_equal(fixture->seen.cut, 1);
	assert_int_equal(fixture->seen.time, START);
	assert_true(is_the_datagram(fixture, 24));
	add_at(fixture, &rest, START + 20 * SECOND);
	assert_int_equal(fixture->seen.whole, 1);
	assert_int_equal(fixture->seen.repeated, 1);
	assert_true(is_the_datagram(fixture, 29));
	assert_int_equal(fixture->seen.time, START + 20 * SECOND);
}

static void a_first_fragment_that_comes_late_is_read_at_once(void **state)
{
	struct fixture *fixture = *state;
	struct ip_packet first = fragment_of(fixture->bytes[0], 0, 24, true);

	add(fixture, 48, 5, false);
	add_at(fixture, &first, START + IP_REASSEMBLY_PATIENCE);
	assert_int_equal(fixture->seen.cut, 1);
}

/* Somebody may send the request line in two halves and let the third fragment be missing. */
static void a_beginning_that_grew_is_read_again_unless_it_was_understood(void **state)
{
	struct fixture *fixture = *state;
	struct ip_packet second = fragment_of(fixture->bytes[0], 8, 24, true);
	struct ip_packet third = fragment_of(fixture->bytes[0], 32, 8, true);

	add(fixture, 0, 8, true);
	fixture->seen.is_read = false;
	ip_reassembly_tick(fixture->reassembly, START + IP_REASSEMBLY_PATIENCE, note, &fixture->seen);
	assert_int_equal(fixture->seen.cut, 1);
	fixture->seen.is_read = true;
	add_at(fixture, &second, START + 2 * SECOND);
	assert_int_equal(fixture->seen.cut, 2);
	assert_true(is_the_datagram(fixture, 32));
	add_at(fixture, &third, START + 3 * SECOND);
	ip_reassembly_flush(fixture->reassembly, note, &fixture->seen);
	assert_int_equal(fixture->seen.cut, 2);
}

static void datagrams_expire_by_their_first_arrival(void **state)
{
	struct fixture *fixture = *state;
	struct ip_packet second = fragment_of(fixture->bytes[0], 24, 8, true);
	struct ip_packet last = fragment_of(fixture->bytes[0], 32, 8, false);

	add(fixture, 0, 24, true);
	add_at(fixture, &second, START + IP_REASSEMBLY_IPV4_TIME - 1);
	add_at(fixture, &last, START + IP_REASSEMBLY_IPV4_TIME);
	assert_int_equal(fixture->seen.whole, 0);
	assert_int_equal(counter_get(&fixture->counters, COUNTER_FRAGMENTS_EXPIRED), 2);
	ip_reassembly_flush(fixture->reassembly, note, &fixture->seen);
	assert_int_equal(counter_get(&fixture->counters, COUNTER_FRAGMENTS_ORPHANED), 1);
	assert_int_equal(ip_reassembly_figures(fixture->reassembly).blocks, 0);
}

static void ipv6_waits_longer_and_holds_nothing_of_ipv4_up(void **state)
{
	struct fixture *fixture = *state;
	struct ip_packet first = fragment_of(fixture->bytes[0], 0, 24, true), last4, last6;

	last4 = last6 = fragment_of(fixture->bytes[0], 24, 5, false);
	first.version = last6.version = 6;
	add_at(fixture, &first, START);
	add(fixture, 0, 24, true);
	add_at(fixture, &last4, START + IP_REASSEMBLY_IPV4_TIME);
	assert_int_equal(fixture->seen.whole, 0);
	add_at(fixture, &last6, START + IP_REASSEMBLY_IPV6_TIME - 1);
	assert_int_equal(fixture->seen.whole, 1);
}

static void a_clock_set_back_leaves_nothing_behind(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, 0, 24, true);
	ip_reassembly_tick(fixture->reassembly, START - HOUR, note, &fixture->seen);
	assert_int_equal(fixture->seen.cut, 1);
	assert_int_equal(ip_reassembly_figures(fixture->reassembly).datagrams, 0);
	add(fixture, 0, 24, true);
	ip_reassembly_tick(fixture->reassembly, INT64_MIN, note, &fixture->seen);
	ip_reassembly_tick(fixture->reassembly, INT64_MAX, note, &fixture->seen);
	assert_int_equal(fixture->seen.cut, 2);
}

static void what_the_capture_cut_is_no_piece_but_a_first_one_is_read_at_once(void **state)
{
	struct fixture *fixture = *state;
	struct ip_packet first = fragment_of(fixture->bytes[0], 0, 20, true);
	struct ip_packet last = fragment_of(fixture->bytes[0], 24, 5, false);

	first.cut = last.cut = true;
	add_at(fixture, &first, START);
	assert_int_equal(fixture->seen.cut, 1);
	assert_true(is_the_datagram(fixture, 20));
	add_at(fixture, &last, START);
	assert_int_equal(fixture->seen.cut, 1);
	assert_int_equal(counter_get(&fixture->counters, COUNTER_FRAGMENTS_BROKEN), 2);
	assert_int_equal(ip_reassembly_figures(fixture->reassembly).datagrams, 0);
}

/* --- floods -----------------------------------------------------------------------------------------------
 */

static void flood(struct fixture *fixture, uint8_t host, size_t offset, size_t size, uint32_t count)
{
	struct ip_packet fragment = fragment_of(fixture->bytes[1], offset, size, true);

	fragment.destination.bytes[3] = host;
	for (uint32_t i = 0; i < count; i++) {
		fragment.fragment_id = i + 1000;
		memcpy(fragment.source.bytes, &i, sizeof i);
		add_at(fixture, &fragment, START);
	}
}

static void a_flood_pushes_out_itself(void **state)
{
	static const struct {
		uint8_t host;
		size_t offset, size;
	} floods[] = {
		{1, 0, 8},     /* first fragments to the same host, from ever other sources */
		{1, 8, 8},     /* others */
		{9, 0, 8},     /* to another host */
		{1, 0, 1480},  /* of the usual size */
		{9, 8, 65512}, /* as large as they come */
		{1, 16376, 8},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(floods); i++) {
		ip_reassembly_flush(fixture->reassembly, note, &fixture->seen);
		add(fixture, 0, 24, true);
		flood(fixture, floods[i].host, floods[i].offset, floods[i].size, 20000);
		fixture->seen.whole = 0;
		add(fixture, 24, 24000, false);
		assert_int_equal(fixture->seen.whole, 1);
		assert_true(is_the_datagram(fixture, 24024));
		assert_in_range(ip_reassembly_figures(fixture->reassembly).blocks, 1, ASSEMBLY_TABLE_BLOCKS);
	}
	assert_true(counter_get(&fixture->counters, COUNTER_FRAGMENTS_EVICTED) > 20000);
}

/* Pieces that follow each other are put together even while the table is full. */
static void during_a_flood_datagrams_become_whole(void **state)
{
	struct fixture *fixture = *state;

	flood(fixture, 1, 0, 8, 20000);
	add(fixture, 0, 1480, true);
	add(fixture, 1480, 1480, true);
	add(fixture, 2960, 40, false);
	assert_int_equal(fixture->seen.whole, 1);
	assert_true(is_the_datagram(fixture, 3000));
}

static void what_makes_room_has_its_beginning_read(void **state)
{
	struct fixture *fixture = *state;

	flood(fixture, 1, 0, 8, 20000);
	assert_int_equal(fixture->seen.cut, 20000 - ASSEMBLY_TABLE_BLOCKS);
	ip_reassembly_flush(fixture->reassembly, note, &fixture->seen);
	assert_int_equal(fixture->seen.cut, 20000);
	assert_int_equal(ip_reassembly_figures(fixture->reassembly).blocks, 0);
	assert_int_equal(ip_reassembly_figures(fixture->reassembly).datagrams, 0);
}

/* --- a model: any datagram, cut anyhow, in any order ------------------------------------------------------
 */

#define PIECES_MAX 64
#define TOGETHER 4 /* datagrams at the same time */

struct piece {
	unsigned datagram;
	size_t offset, size;
	bool more;
};

struct random {
	uint64_t state;
};

/* xorshift64, Marsaglia 2003 */
static size_t random_below(struct random *random, size_t limit)
{
	random->state ^= random->state << 13;
	random->state ^= random->state >> 7;
	random->state ^= random->state << 17;
	return (size_t)(random->state % limit);
}

static size_t cut_up(struct random *random, unsigned datagram, size_t size, struct piece *pieces)
{
	size_t count = 0, largest = 8 + size / (PIECES_MAX / 4), offset = 0;

	while (offset < size && count < PIECES_MAX - 1) {
		size_t part = 8 * (1 + random_below(random, largest / 4));
		if (part > size - offset) {
			part = size - offset;
		}
		pieces[count++] = (struct piece){datagram, offset, part, offset + part < size};
		offset += part;
	}
	if (offset < size) {
		pieces[count++] = (struct piece){datagram, offset, size - offset, false};
	}
	return count;
}

static void shuffle(struct random *random, struct piece *pieces, size_t count)
{
	for (size_t i = count; i > 1; i--) {
		size_t other = random_below(random, i);
		struct piece piece = pieces[other];
		pieces[other] = pieces[i - 1];
		pieces[i - 1] = piece;
	}
}

static void add_piece(struct fixture *fixture, const struct piece *piece)
{
	struct ip_packet fragment = fragment_of(fixture->bytes[0], piece->offset, piece->size, piece->more);

	fragment.version = piece->datagram % 2 == 0 ? 4 : 6;
	fragment.fragment_id = piece->datagram;
	add_at(fixture, &fragment, START);
}

/* Datagrams cut up and mixed, some pieces twice, maybe one left out. */
static void run_model(struct fixture *fixture, struct random *random, bool leave_out)
{
	struct piece pieces[TOGETHER * PIECES_MAX];
	size_t sizes[TOGETHER], count = 0;

	for (unsigned i = 0; i < TOGETHER; i++) {
		sizes[i] = 17 + random_below(random, random_below(random, 8) == 0 ? DATAGRAM_MAX - 16 : 4000);
		count += cut_up(random, i, sizes[i], pieces + count);
	}
	shuffle(random, pieces, count);
	fixture->seen = (struct seen){0};
	for (size_t i = leave_out ? 1 : 0; i < count; i++) {
		size_t before = fixture->seen.whole;
		add_piece(fixture, &pieces[i]);
		if (fixture->seen.whole > before) {
			assert_true(is_the_datagram(fixture, sizes[pieces[i].datagram]));
		} else if (random_below(random, 4) == 0) {
			add_piece(fixture, &pieces[i]);
		}
	}
	assert_int_equal(fixture->seen.whole, leave_out ? TOGETHER - 1 : TOGETHER);
	ip_reassembly_flush(fixture->reassembly, note, &fixture->seen);
	assert_int_equal(ip_reassembly_figures(fixture->reassembly).blocks, 0);
}

static void a_datagram_cut_anyhow_is_put_together_again(void **state)
{
	struct fixture *fixture = *state;
	struct random random = {0x5067};

	for (int round = 0; round < 500; round++) {
		run_model(fixture, &random, false);
	}
	assert_int_equal(counter_get(&fixture->counters, COUNTER_FRAGMENTS_OVERLAPPING), 0);
	assert_int_equal(fixture->seen.cut, 0);
}

static void with_a_fragment_missing_it_is_never_whole(void **state)
{
	struct fixture *fixture = *state;
	struct random random = {0x5722};

	for (int round = 0; round < 500; round++) {
		run_model(fixture, &random, true);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fragments_make_datagrams),
		cmocka_unit_test_setup_teardown(
			fragments_of_different_datagrams_do_not_mix, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			of_ipv6_the_first_fragment_says_what_follows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			the_beginning_is_read_when_the_rest_is_overdue_and_again_when_it_comes, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			a_first_fragment_that_comes_late_is_read_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_beginning_that_grew_is_read_again_unless_it_was_understood, set_up, tear_down),
		cmocka_unit_test_setup_teardown(datagrams_expire_by_their_first_arrival, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			ipv6_waits_longer_and_holds_nothing_of_ipv4_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_clock_set_back_leaves_nothing_behind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_the_capture_cut_is_no_piece_but_a_first_one_is_read_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_flood_pushes_out_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(during_a_flood_datagrams_become_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_makes_room_has_its_beginning_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_datagram_cut_anyhow_is_put_together_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(with_a_fragment_missing_it_is_never_whole, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
