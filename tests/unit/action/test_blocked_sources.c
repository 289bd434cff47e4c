/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/action/blocked_sources.h"

#include <stdlib.h>

#define START ((instant)1795281185 * SECOND)

/* Stands for the kernel's set. */
struct set {
	enum blocklist_result answer;
	int added, removed;
	struct network network;
	duration time;
};

static enum blocklist_result add(void *context, const struct network *network, duration time, char *why)
{
	struct set *set = context;

	set->added++;
	set->network = *network;
	set->time = time;
	snprintf(why, BLOCKLIST_WHY_SIZE, "asked for");
	return set->answer;
}

static enum blocklist_result take_out(void *context, const struct network *network, char *why)
{
	struct set *set = context;

	set->removed++;
	set->network = *network;
	snprintf(why, BLOCKLIST_WHY_SIZE, "asked for");
	return set->answer;
}

struct fixture {
	struct set set;
	struct counters counters;
	struct blocked_sources *sources;
	char why[BLOCKLIST_WHY_SIZE];
};

static struct blocked_sources *new_sources(struct fixture *fixture, size_t capacity)
{
	return blocked_sources_new(
		capacity, &(struct blocked_sources_set){add, take_out, &fixture->set}, &fixture->counters);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	fixture->sources = new_sources(fixture, 1000);
	*state = fixture;
	return fixture->sources == NULL;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	blocked_sources_free(fixture->sources);
	free(fixture);
	return 0;
}

static struct block_request request_of(const char *network, duration time, const char *incident)
{
	struct block_request request = {.duration = time};
	struct network parsed;

	assert_true(network_parse(text_of(network), &parsed));
	request.address = parsed.address;
	request.prefix_length = parsed.prefix_length;
	snprintf(request.incident, sizeof request.incident, "%s", incident);
	snprintf(request.reason, sizeof request.reason, "a reason");
	return request;
}

static enum blocklist_result block(struct fixture *fixture, const char *network, duration time,
	const char *incident, instant now, struct blocked_source_record *record)
{
	struct block_request request = request_of(network, time, incident);

	return blocked_sources_perform(fixture->sources, &request, now, record, fixture->why);
}

static enum blocklist_result unblock(struct fixture *fixture, const char *network, instant now)
{
	struct block_request request = request_of(network, 0, "");

	request.kind = BLOCK_REMOVE;
	return blocked_sources_perform(fixture->sources, &request, now, NULL, fixture->why);
}

/* How many are blocked now. */
static size_t count_blocked(struct blocked_sources *sources, instant now)
{
	static struct blocked_source_record records[1000];
	uint64_t after = 0;

	return blocked_sources_page(sources, now, &after, records, COUNT_OF(records));
}

/* Blocked so, it is blocked for how long? Never by hand. */
static duration time_blocked(struct blocked_sources *sources, struct fixture *fixture, const char *network,
	duration first, instant now)
{
	struct block_request request = request_of(network, first, "a");
	struct blocked_source_record record;

	assert_int_equal(
		blocked_sources_perform(sources, &request, now, &record, fixture->why), BLOCKLIST_DONE);
	assert_int_equal(fixture->set.time, record.until - now);
	return record.until - now;
}

static struct network network_of(const char *text)
{
	struct network network;

	assert_true(network_parse(text_of(text), &network));
	return network;
}

static void who_comes_back_is_blocked_for_twice_as_long_up_to_a_day(void **state)
{
	static const int hours[] = {1, 2, 4, 8, 16, 24, 24};
	struct fixture *fixture = *state;
	struct blocked_source_record record;
	instant now = START;

	for (size_t i = 0; i < COUNT_OF(hours); i++) {
		assert_int_equal(block(fixture, "198.51.100.66", HOUR, "0123456789abcdef", now, &record),
			BLOCKLIST_DONE);
		assert_int_equal(fixture->set.time, hours[i] * HOUR);
		assert_int_equal(record.times, i + 1);
		assert_int_equal(record.since, now);
		assert_int_equal(record.until, now + hours[i] * HOUR);
		now = record.until + MINUTE;
	}
	blocked_sources_expire(fixture->sources, now + BLOCKED_SOURCE_MEMORY);
	assert_int_equal(counter_get(&fixture->counters, COUNTER_SOURCES_BLOCKED), COUNT_OF(hours));
	assert_int_equal(time_blocked(fixture->sources, fixture, "198.51.100.66", HOUR, now), HOUR);
}

static void a_longer_setting_counts_at_once(void **state)
{
	struct fixture *fixture = *state;
	static const duration longer[] = {6 * HOUR, 3 * DAY};
	static const char *const sources[] = {"2001:db8::66", "2001:db8::67"};

	for (size_t i = 0; i < COUNT_OF(longer); i++) {
		assert_int_equal(time_blocked(fixture->sources, fixture, sources[i], HOUR, START), HOUR);
		assert_int_equal(time_blocked(fixture->sources, fixture, sources[i], longer[i], START + DAY),
			longer[i]);
	}
}

static void a_source_that_is_blocked_already_has_not_come_back(void **state)
{
	struct fixture *fixture = *state;
	struct blocked_source_record record;

	block(fixture, "198.51.100.66", HOUR, "a", START, NULL);
	block(fixture, "198.51.100.66", HOUR, "b", START + 30 * MINUTE, &record);
	assert_int_equal(record.times, 1);
	assert_int_equal(record.since, START);
	assert_int_equal(record.until, START + 90 * MINUTE);
	assert_string_equal(record.incident, "b");
	block(fixture, "198.51.100.66", MINUTE, "b", START + 31 * MINUTE, &record);
	assert_int_equal(record.until, START + 90 * MINUTE); /* no shorter than it was */
	assert_int_equal(fixture->set.time, 59 * MINUTE);
}

static void by_hand_the_time_is_what_was_said(void **state)
{
	struct fixture *fixture = *state;
	struct blocked_source_record record;

	block(fixture, "198.51.100.66", HOUR, "a", START, NULL);
	block(fixture, "198.51.100.66", 5 * MINUTE, "", START + DAY, &record);
	assert_int_equal(record.until, START + DAY + 5 * MINUTE);
	assert_int_equal(record.times, 2);
}

static void what_the_kernel_refuses_is_not_listed(void **state)
{
	struct fixture *fixture = *state;
	struct blocked_source_record record = {.times = 77};

	fixture->set.answer = BLOCKLIST_NO_SET;
	assert_int_equal(block(fixture, "198.51.100.66", HOUR, "a", START, &record), BLOCKLIST_NO_SET);
	assert_string_equal(fixture->why, "asked for");
	assert_int_equal(record.times, 77);
	fixture->set.answer = BLOCKLIST_FULL;
	assert_int_equal(block(fixture, "198.51.100.66", HOUR, "a", START, &record), BLOCKLIST_FULL);
	assert_int_equal(count_blocked(fixture->sources, START), 0);
	assert_int_equal(counter_get(&fixture->counters, COUNTER_SOURCES_NOT_BLOCKED), 1);
	assert_int_equal(counter_get(&fixture->counters, COUNTER_BLOCKLIST_FULL), 1);
	assert_int_equal(counter_get(&fixture->counters, COUNTER_SOURCES_BLOCKED), 0);
}

static void who_is_let_in_again_begins_anew(void **state)
{
	struct fixture *fixture = *state;

	block(fixture, "198.51.100.66", HOUR, "a", START, NULL);
	assert_int_equal(unblock(fixture, "198.51.100.66", START), BLOCKLIST_DONE);
	assert_int_equal(fixture->set.removed, 1);
	assert_int_equal(count_blocked(fixture->sources, START), 0);
	assert_int_equal(time_blocked(fixture->sources, fixture, "198.51.100.66", HOUR, START), HOUR);
}

static void letting_in_works_though_the_kernel_has_lost_it(void **state)
{
	static const enum blocklist_result lost[] = {BLOCKLIST_NOT_THERE, BLOCKLIST_NO_SET};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(lost); i++) {
		fixture->set.answer = BLOCKLIST_DONE;
		block(fixture, "198.51.100.66", HOUR, "a", START, NULL);
		fixture->set.answer = lost[i];
		assert_int_equal(unblock(fixture, "198.51.100.66", START), BLOCKLIST_DONE);
		assert_int_equal(unblock(fixture, "198.51.100.66", START), lost[i]); /* not there twice */
	}
	fixture->set.answer = BLOCKLIST_DONE;
	block(fixture, "198.51.100.66", HOUR, "a", START, NULL);
	fixture->set.answer = BLOCKLIST_NOT_PERMITTED;
	assert_int_equal(unblock(fixture, "198.51.100.66", START), BLOCKLIST_NOT_PERMITTED);
	assert_int_equal(count_blocked(fixture->sources, START), 1);
}

static void count(void *context, const struct blocked_source_record *record)
{
	size_t *counted = context;

	*counted += record->network.address.family == ADDRESS_IPV4;
}

static size_t release(struct fixture *fixture, const char *incident, enum blocklist_result expected)
{
	size_t counted = 0;

	assert_int_equal(
		blocked_sources_release(fixture->sources, incident, START, count, &counted, fixture->why),
		expected);
	return counted;
}

static void an_incident_lets_in_all_of_its_sources(void **state)
{
	struct fixture *fixture = *state;
	char address[ADDRESS_TEXT_SIZE];

	for (int i = 0; i < 600; i++) {
		snprintf(address, sizeof address, "198.51.%d.%d", 100 + i / 256, i % 256);
		block(fixture, address, HOUR, i % 2 == 0 ? "even" : "odd", START, NULL);
	}
	assert_int_equal(release(fixture, "even", BLOCKLIST_DONE), 300);
	assert_int_equal(count_blocked(fixture->sources, START), 300);
	assert_int_equal(release(fixture, "even", BLOCKLIST_DONE), 0);
	fixture->set.answer = BLOCKLIST_NOT_PERMITTED;
	assert_int_equal(release(fixture, "odd", BLOCKLIST_NOT_PERMITTED), 0);
	assert_int_equal(count_blocked(fixture->sources, START), 300);
	assert_int_equal(count_blocked(fixture->sources, START + HOUR), 0);
}

static void pages_leave_nobody_out_though_others_move(void **state)
{
	struct fixture *fixture = *state;
	struct blocked_source_record records[64];
	bool seen[250] = {0};
	uint64_t after = 0;
	char address[ADDRESS_TEXT_SIZE];
	size_t count;

	for (int i = 0; i < 250; i++) {
		snprintf(address, sizeof address, "192.0.2.%d", i);
		block(fixture, address, HOUR, "a", START, NULL);
	}
	for (int page = 0; (count = blocked_sources_page(fixture->sources, START, &after, records, 64)) > 0;
		page++) {
		for (size_t i = 0; i < count; i++) {
			seen[records[i].network.address.bytes[3]] = true;
		}
		/* One not yet seen, one seen, one that goes. */
		block(fixture, "192.0.2.240", HOUR, "b", START, NULL);
		block(fixture, "192.0.2.3", HOUR, "b", START, NULL);
		snprintf(address, sizeof address, "192.0.2.%d", 10 + page);
		unblock(fixture, address, START);
		assert_true(page < 10);
		if (count < 64) {
			break;
		}
	}
	for (size_t i = 0; i < COUNT_OF(seen); i++) {
		assert_true(seen[i]);
	}
}

static void a_network_around_an_address_is_found(void **state)
{
	struct fixture *fixture = *state;
	const struct network inside = network_of("198.51.100.66"), outside = network_of("192.0.2.1");
	struct network covering;
	char text[NETWORK_TEXT_SIZE];

	block(fixture, "198.51.100.0/24", HOUR, "", START, NULL);
	assert_true(blocked_sources_covering(fixture->sources, &inside, START, &covering));
	assert_string_equal(network_format(&covering, text), "198.51.100.0/24");
	assert_false(blocked_sources_covering(fixture->sources, &outside, START, &covering));
	assert_false(blocked_sources_covering(fixture->sources, &covering, START, &covering));
	assert_false(blocked_sources_covering(fixture->sources, &inside, START + HOUR, &covering));
}

static void a_full_list_forgets_the_oldest_and_counts_it(void **state)
{
	struct fixture *fixture = *state;
	struct blocked_sources *few = new_sources(fixture, 3);
	struct blocked_source_record records[4];
	uint64_t after = 0;
	char address[ADDRESS_TEXT_SIZE];

	for (int i = 0; i < 5; i++) {
		snprintf(address, sizeof address, "192.0.2.%d", i);
		struct block_request request = request_of(address, HOUR, "a");
		blocked_sources_perform(few, &request, START, NULL, fixture->why);
	}
	assert_int_equal(blocked_sources_page(few, START, &after, records, 4), 3);
	assert_int_equal(records[0].network.address.bytes[3], 2);
	assert_int_equal(counter_get(&fixture->counters, COUNTER_SOURCES_FORGOTTEN), 2);
	assert_int_equal(fixture->set.added, 5);
	assert_int_equal(fixture->set.removed, 0); /* the kernel goes on dropping them */
	blocked_sources_free(few);
}

static void copy(void *context, const struct blocked_source_record *record)
{
	struct blocked_source_record **next = context;

	*(*next)++ = *record;
}

static void a_restart_leaves_what_was_left_of_the_time(void **state)
{
	struct fixture *fixture = *state;
	struct blocked_source_record records[3], *next = records;

	block(fixture, "192.0.2.1", 3 * HOUR, "a", START, NULL);
	block(fixture, "2001:db8::/32", HOUR, "b", START, NULL);
	block(fixture, "192.0.2.3", HOUR, "c", START - 10 * DAY, NULL);
	blocked_sources_each(fixture->sources, copy, &next);
	assert_ptr_equal(next, records + 3);

	struct blocked_sources *later = new_sources(fixture, 10);
	instant now = START + 2 * HOUR;
	fixture->set.added = 0;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(
			blocked_sources_restore(later, &records[i], now, fixture->why), BLOCKLIST_DONE);
	}
	assert_int_equal(fixture->set.added, 1); /* of the others the time is over */
	assert_int_equal(fixture->set.time, HOUR);
	assert_int_equal(count_blocked(later, now), 1);
	assert_int_equal(time_blocked(later, fixture, "2001:db8::/32", HOUR, now), 2 * HOUR);
	assert_int_equal(time_blocked(later, fixture, "192.0.2.3", HOUR, now), HOUR); /* long ago */
	/* The clock was set back by a year. */
	assert_int_equal(
		blocked_sources_restore(later, &records[0], START - 365 * DAY, fixture->why), BLOCKLIST_DONE);
	assert_int_equal(fixture->set.time, 3 * HOUR);
	blocked_sources_free(later);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(who_comes_back_is_blocked_for_twice_as_long_up_to_a_day),
		TEST(a_longer_setting_counts_at_once),
		TEST(a_source_that_is_blocked_already_has_not_come_back),
		TEST(by_hand_the_time_is_what_was_said),
		TEST(what_the_kernel_refuses_is_not_listed),
		TEST(who_is_let_in_again_begins_anew),
		TEST(letting_in_works_though_the_kernel_has_lost_it),
		TEST(an_incident_lets_in_all_of_its_sources),
		TEST(pages_leave_nobody_out_though_others_move),
		TEST(a_network_around_an_address_is_found),
		TEST(a_full_list_forgets_the_oldest_and_counts_it),
		TEST(a_restart_leaves_what_was_left_of_the_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
