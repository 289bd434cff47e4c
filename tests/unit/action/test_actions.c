/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/action/actions.h"
#include "pbxguard/base/setting.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const struct site site = {.name = "test"};
static const struct decision decision = {.finding = {.rule = "test_rule", .subject = "site"}};

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
	return listener;
}

/* Whoever reads our output may hang or be gone: the syslog gets each alert all the same, and the loss is
 * counted. */
static void a_stuck_reader_does_not_keep_alerts_from_the_syslog(void **state)
{
	char folder[] = "/tmp/pbxguard-test-XXXXXX", path[64], bytes[8192] = {0};
	struct action_settings settings = {0};
	struct counters counters = {0};
	int ends[2];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/log", folder);
	int listener = listen_at(path);
	setting_defaults(&action_settings_table, &settings);
	assert_int_equal(pipe(ends), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) >= 0);
	assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
	while (write(ends[1], bytes, sizeof bytes) > 0) {
	}
	assert_int_equal(fcntl(ends[1], F_SETFL, 0), 0);
	struct actions *actions = actions_new(
		&settings, &site, (struct action_output){ends[1], ALERT_FORMAT_TEXT, false}, path, &counters);
	assert_non_null(actions);
	assert_true(actions_perform(actions, &decision) < 0);
	assert_int_equal(counter_get(&counters, COUNTER_OUTPUT_LOST), 1);
	ssize_t size = recv(listener, bytes, sizeof bytes - 1, MSG_DONTWAIT);
	assert_true(size > 0);
	bytes[size] = '\0';
	assert_non_null(strstr(bytes, "rule=test_rule"));
	actions_free(actions);
	close(listener);
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stuck_reader_does_not_keep_alerts_from_the_syslog),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
