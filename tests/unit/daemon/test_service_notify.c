/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/daemon/service_notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* In systemd's place: a socket of that name. */
static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int end = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, path, strlen(path));
	if (path[0] == '@') {
		address.sun_path[0] = '\0';
	}
	assert_int_equal(bind(end, (const struct sockaddr *)&address,
				 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path))),
		0);
	assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
	return end;
}

static const char *heard(int end)
{
	static char lines[512];
	ssize_t size = recv(end, lines, sizeof lines - 1, 0);

	lines[size > 0 ? size : 0] = '\0';
	return lines;
}

static void systemd_hears_how_we_are(void **state)
{
	char abstract[64];

	(void)state;
	snprintf(abstract, sizeof abstract, "@pbxguard-notify-%d", (int)getpid());
	int end = listen_at(abstract);
	service_notify_ready();
	assert_string_equal(heard(end), "READY=1");
	service_notify_status("%d calls", 3);
	assert_string_equal(heard(end), "STATUS=3 calls");
	service_notify_alive();
	assert_string_equal(heard(end), "WATCHDOG=1");
	service_notify_reloading();
	assert_int_equal(strncmp(heard(end), "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
	service_notify_stopping();
	assert_string_equal(heard(end), "STOPPING=1");
	assert_string_equal(heard(end), "");
	close(end);
}

static void a_socket_may_have_a_path(void **state)
{
	char folder[] = "/tmp/pbxguard-notify-XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/notify", folder);
	int end = listen_at(path);
	service_notify_ready();
	assert_string_equal(heard(end), "READY=1");
	close(end);
	service_notify_ready(); /* nobody is there any more */
	unlink(path);
	service_notify_ready();
	rmdir(folder);
}

static void who_does_not_read_keeps_nobody_waiting(void **state)
{
	char abstract[64];
	size_t lines = 0;

	(void)state;
	snprintf(abstract, sizeof abstract, "@pbxguard-full-%d", (int)getpid());
	int end = listen_at(abstract);
	for (size_t i = 0; i < 5000; i++) {
		service_notify_alive();
	}
	while (heard(end)[0] != '\0') {
		lines++;
	}
	assert_in_range(lines, 1, 4999);
	close(end);
}

/* The packet thread is taken for stuck after a third of a second. */
static void what_has_to_arrive_does_so_later(void **state)
{
	char abstract[64];

	(void)state;
	snprintf(abstract, sizeof abstract, "@pbxguard-later-%d", (int)getpid());
	int end = listen_at(abstract);
	for (size_t i = 0; i < 5000; i++) {
		service_notify_alive();
	}
	instant before = instant_monotonic_now();
	service_notify_reloading();
	service_notify_ready();
	service_notify_alive();
	assert_true(instant_monotonic_now() - before < 200 * MILLISECOND);
	while (strcmp(heard(end), "WATCHDOG=1") == 0) {
	}
	service_notify_alive();
	assert_string_equal(heard(end), "READY=1");
	assert_string_equal(heard(end), "WATCHDOG=1");
	service_notify_alive();
	assert_string_equal(heard(end), "WATCHDOG=1");
	assert_string_equal(heard(end), "");
	close(end);
}

static void without_systemd_nothing_happens(void **state)
{
	static const char *const none[] = {"", "@", "relative", "vsock:2:1"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(none); i++) {
		assert_int_equal(setenv("NOTIFY_SOCKET", none[i], 1), 0);
		service_notify_ready();
	}
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	service_notify_ready();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(systemd_hears_how_we_are),
		cmocka_unit_test(a_socket_may_have_a_path),
		cmocka_unit_test(who_does_not_read_keeps_nobody_waiting),
		cmocka_unit_test(what_has_to_arrive_does_so_later),
		cmocka_unit_test(without_systemd_nothing_happens),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
