/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/daemon/blind_spots.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* What is counted though nothing was missed. A counter that is not here is a blind spot, and told. */
static const enum counter ordinary[] = {
	COUNTER_PACKETS,
	COUNTER_BYTES,
	COUNTER_INTERFACE_LOST, /* the guard tells it itself, with the interface's name */
	COUNTER_SILENCES,       /* so does daemon/silence */
	COUNTER_NOT_IP,
	COUNTER_TUNNELS,
	COUNTER_IP_FRAGMENTS,
	COUNTER_DATAGRAMS_REASSEMBLED,
	COUNTER_FRAGMENTS_ORPHANED,
	COUNTER_TCP_SEGMENTS,
	COUNTER_TCP_BYTES_LOST, /* by tcp_holes */
	COUNTER_TCP_BYTES_SKIPPED,
	COUNTER_OTHER_PORTS,
	COUNTER_NOT_SIP,
	COUNTER_SIP_MESSAGES,
	COUNTER_REQUESTS,
	COUNTER_RESPONSES,
	COUNTER_INVITES,
	COUNTER_REGISTERS,
	COUNTER_MESSAGES_ODD,
	COUNTER_UNREADABLE_INVITES, /* by its reasons */
	COUNTER_CALLS,
	COUNTER_CALLS_JOINED,
	COUNTER_CALLS_ANSWERED,
	COUNTER_CALLS_ENDED,
	COUNTER_CALLS_EMERGENCY,
	COUNTER_CALLS_INTERNATIONAL,
	COUNTER_CALLS_FOREIGN_PREFIX,
	COUNTER_FINDINGS,
	COUNTER_ALERTS,
	COUNTER_ALERTS_SUPPRESSED,
	COUNTER_ALERTS_DELAYED,
	COUNTER_CALLS_REFUSED,
	COUNTER_CALLS_WOULD_REFUSE,
	COUNTER_SOURCES_WOULD_BLOCK,
	COUNTER_BLOCKS_WITHHELD,
	COUNTER_ACCOUNTS_BLOCKED,
	COUNTER_ACCOUNTS_WOULD_BLOCK,
	COUNTER_SYSLOG_QUEUED,
	COUNTER_SYSLOG_SENT,
	COUNTER_STORE_WRITES,
	COUNTER_STORE_ERRORS, /* the store tells them itself */
	COUNTER_REPLIES,
	COUNTER_ENDS,
	COUNTER_SOURCES_BLOCKED,
	COUNTER_CONTROL_COMMANDS,
	COUNTER_RELOADS,
	COUNTER_RELOADS_REFUSED,
};

struct fixture {
	struct blind_spots spots;
	struct counters counters;
	struct log log;
	int reader; /* of what is logged */
	char said[4096];
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	int ends[2];

	if (pipe2(ends, O_NONBLOCK) != 0) {
		return 1;
	}
	fixture->reader = ends[0];
	fixture->log = (struct log){.descriptor = ends[1], .level = LOG_LEVEL_WARNING};
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	close(fixture->reader);
	close(fixture->log.descriptor);
	free(fixture);
	return 0;
}

/* What is said now. */
static const char *tell(struct fixture *fixture, instant now, bool force)
{
	blind_spots_tell(&fixture->spots, &fixture->counters, &fixture->log, now, force);
	ssize_t size = read(fixture->reader, fixture->said, sizeof fixture->said - 1);
	fixture->said[size > 0 ? size : 0] = '\0';
	return fixture->said;
}

static bool is_ordinary(enum counter counter)
{
	for (size_t i = 0; i < COUNT_OF(ordinary); i++) {
		if (ordinary[i] == counter) {
			return true;
		}
	}
	return false;
}

/* One line: "pbxguard: 3 … (counter NAME)". */
static bool is_line_of(const char *said, enum counter counter)
{
	char end[64];

	snprintf(end, sizeof end, " (counter %s)\n", counter_name(counter));
	const char *found = strstr(said, end);
	return strncmp(said, "pbxguard: 3 ", 12) == 0 && found != NULL && found[strlen(end)] == '\0' &&
	       strchr(said, '\n') == found + strlen(end) - 1;
}

static void what_could_not_be_seen_is_told_by_kind(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < COUNTER_COUNT; i++) {
		counter_add(&fixture->counters, i, 3);
		const char *said = tell(fixture, 1 * SECOND, false);
		if (is_ordinary(i) ? said[0] != '\0' : !is_line_of(said, i)) {
			fail_msg("%s: \"%s\"", counter_name(i), said);
		}
	}
	assert_string_equal(tell(fixture, 1 * DAY, true), "");
}

static void each_kind_is_told_every_ten_minutes_at_most_with_what_came_meanwhile(void **state)
{
	struct fixture *fixture = *state;
	instant now = 1 * SECOND;

	counter_add(&fixture->counters, COUNTER_KERNEL_DROPS, 1);
	assert_non_null(strstr(tell(fixture, now, false), ": 1 packets dropped by the kernel"));
	for (; now < 10 * MINUTE; now += SECOND) {
		counter_add(&fixture->counters, COUNTER_KERNEL_DROPS, 1);
		assert_string_equal(tell(fixture, now, false), "");
	}
	counter_add(&fixture->counters, COUNTER_TLS_STREAMS, 1);
	assert_non_null(strstr(tell(fixture, now, false), ": 1 encrypted connections"));
	assert_non_null(strstr(tell(fixture, now + SECOND, false), ": 599 packets dropped by the kernel"));
	counter_add(&fixture->counters, COUNTER_KERNEL_DROPS, 2);
	assert_string_equal(tell(fixture, now + 2 * SECOND, false), "");
	assert_non_null(strstr(tell(fixture, 0, true), ": 2 packets dropped by the kernel")); /* the end */
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_could_not_be_seen_is_told_by_kind),
		TEST(each_kind_is_told_every_ten_minutes_at_most_with_what_came_meanwhile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
