/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/syslog_alert.h"

#include "pbxguard/action/action.h"
#include "pbxguard/action/alert_format.h"
#include "pbxguard/action/line.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define RECONNECT_EVERY SECOND

/* RFC 5424 §6.2.1; the codes 12 to 15 have no common names. */
static const char *const facility_names[] = {"kern", "user", "mail", "daemon", "auth", "syslog", "lpr",
	"news", "uucp", "cron", "authpriv", "ftp", "local0", "local1", "local2", "local3", "local4", "local5",
	"local6", "local7", NULL};
static const int facility_codes[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23};
static_assert(sizeof facility_names / sizeof facility_names[0] ==
		      sizeof facility_codes / sizeof facility_codes[0] + 1,
	"each facility has its code");

static const char *const format_names[] = {"kv", "json", "cef", NULL};
static const enum alert_format formats[] = {ALERT_FORMAT_KEY_VALUE, ALERT_FORMAT_JSON, ALERT_FORMAT_CEF};
static_assert(sizeof format_names / sizeof format_names[0] == sizeof formats / sizeof formats[0] + 1,
	"each name has its format");

static const int levels[] = {5, 4, 2}; /* notice, warning, critical */
static_assert(sizeof levels / sizeof levels[0] == SEVERITY_COUNT, "each severity has its level");

static const struct setting settings[] = {
	{.name = "enabled",
		.type = SETTING_BOOLEAN,
		.offset = offsetof(struct syslog_settings, enabled),
		.initial = "true"},
	{.name = "facility",
		.type = SETTING_CHOICE,
		.offset = offsetof(struct syslog_settings, facility),
		.choices = facility_names,
		.initial = "local0"},
	{.name = "format",
		.type = SETTING_CHOICE,
		.offset = offsetof(struct syslog_settings, format),
		.choices = format_names,
		.initial = "kv"},
};

const struct setting_table syslog_settings_table = SETTING_TABLE(settings);

int syslog_facility_code(int choice)
{
	return facility_codes[choice];
}

struct waiting_line {
	size_t size;
	char bytes[SYSLOG_LINE_MAX + 1]; /* with a NUL, which a stream socket is sent too */
};

struct syslog_alert {
	char path[sizeof((struct sockaddr_un *)0)->sun_path];
	struct counters *counters; /* borrowed */
	int descriptor;            /* -1: not connected */
	bool is_stream;
	dev_t device; /* the socket file that we are connected to */
	ino_t inode;
	bool has_tried;
	instant tried;              /* when we last looked */
	size_t first, count;        /* the ring */
	size_t sent;                /* bytes of the first line that a stream took */
	struct waiting_line *lines; /* memory that was never used is not resident */
};

static void disconnect(struct syslog_alert *alert)
{
	if (alert->descriptor >= 0) {
		close(alert->descriptor);
	}
	alert->descriptor = -1;
	alert->sent = 0; /* half a line died with its connection: the whole one again */
}

/* 0, or the errno. */
static int connect_as(struct syslog_alert *alert, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int descriptor = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (descriptor < 0) {
		return errno;
	}
	text_copy(text_of(alert->path), address.sun_path, sizeof address.sun_path);
	if (connect(descriptor, (const struct sockaddr *)&address, sizeof address) != 0) {
		int error = errno;
		close(descriptor);
		return error;
	}
	alert->descriptor = descriptor;
	alert->is_stream = type == SOCK_STREAM;
	return 0;
}

static void try_to_connect(struct syslog_alert *alert)
{
	struct stat status;

	if (stat(alert->path, &status) != 0) {
		return;
	}
	if (connect_as(alert, SOCK_DGRAM) == EPROTOTYPE) {
		connect_as(alert, SOCK_STREAM);
	}
	alert->device = status.st_dev;
	alert->inode = status.st_ino;
}

/* A daemon that was restarted makes a new socket file; the old one may still take what nobody reads. */
static bool was_replaced(const struct syslog_alert *alert)
{
	struct stat status;

	return stat(alert->path, &status) == 0 &&
	       (status.st_dev != alert->device || status.st_ino != alert->inode);
}

struct syslog_alert *syslog_alert_new(const char *path, struct counters *counters)
{
	struct syslog_alert *alert = calloc(1, sizeof *alert);

	if (alert == NULL) {
		return NULL;
	}
	alert->descriptor = -1;
	alert->counters = counters;
	alert->lines = calloc(SYSLOG_RING_LINES, sizeof *alert->lines);
	if (alert->lines == NULL || !text_copy(text_of(path), alert->path, sizeof alert->path)) {
		free(alert->lines);
		free(alert);
		return NULL;
	}
	try_to_connect(alert);
	return alert;
}

static struct waiting_line *first_line(struct syslog_alert *alert)
{
	return &alert->lines[alert->first];
}

static void drop_first(struct syslog_alert *alert, enum counter why)
{
	counter_add(alert->counters, why, 1);
	alert->first = (alert->first + 1) % SYSLOG_RING_LINES;
	alert->count--;
	alert->sent = 0;
}

/* Sends the first line; false: not now. */
static bool send_first(struct syslog_alert *alert)
{
	const struct waiting_line *line = first_line(alert);
	size_t size = line->size + alert->is_stream;
	ssize_t taken = send(alert->descriptor, line->bytes + alert->sent, size - alert->sent,
		MSG_DONTWAIT | MSG_NOSIGNAL);

	if (taken < 0 && errno == EMSGSIZE) { /* would never fit */
		drop_first(alert, COUNTER_SYSLOG_LOST);
		return true;
	}
	if (taken < 0) {
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS && errno != EINTR) {
			disconnect(alert);
		}
		return false;
	}
	alert->sent += (size_t)taken;
	if (alert->sent >= size) {
		drop_first(alert, COUNTER_SYSLOG_SENT);
	}
	return true;
}

static void send_waiting(struct syslog_alert *alert)
{
	while (alert->count > 0 && alert->descriptor >= 0 && send_first(alert)) {
	}
}

void syslog_alert_free(struct syslog_alert *alert)
{
	if (alert == NULL) {
		return;
	}
	send_waiting(alert);
	counter_add(alert->counters, COUNTER_SYSLOG_LOST, alert->count);
	disconnect(alert);
	free(alert->lines);
	free(alert);
}

static void make_room(struct syslog_alert *alert)
{
	if (alert->count < SYSLOG_RING_LINES) {
		return;
	}
	if (alert->sent > 0) { /* what follows half a line on that stream would be read as its end */
		disconnect(alert);
	}
	drop_first(alert, COUNTER_SYSLOG_LOST);
}

void syslog_alert_send(
	struct syslog_alert *alert, int facility_code, enum severity severity, struct text line)
{
	make_room(alert);
	struct waiting_line *last = &alert->lines[(alert->first + alert->count++) % SYSLOG_RING_LINES];
	struct line writer = line_in(last->bytes, sizeof last->bytes);

	line_format(&writer, "<%d>pbxguard[%d]: ", facility_code * 8 + levels[severity], (int)getpid());
	line_add(&writer, line);
	last->size = writer.used;
	counter_add(alert->counters, COUNTER_SYSLOG_QUEUED, 1);
	send_waiting(alert);
}

void syslog_alert_flush(struct syslog_alert *alert, instant now)
{
	bool is_time = !alert->has_tried || now - alert->tried >= RECONNECT_EVERY || now < alert->tried;

	if (is_time) {
		alert->has_tried = true;
		alert->tried = now;
		if (alert->descriptor >= 0 && was_replaced(alert)) {
			disconnect(alert);
		}
		if (alert->descriptor < 0) {
			try_to_connect(alert);
		}
	}
	send_waiting(alert);
}

/* ---- the action ---- */

static int perform(const struct action_surroundings *surroundings, const struct decision *decision)
{
	const struct syslog_settings *chosen = &surroundings->settings.syslog;
	char line[ALERT_LINE_SIZE];

	if (surroundings->syslog == NULL || !chosen->enabled) {
		return 0;
	}
	size_t size =
		alert_format_line(formats[chosen->format], &surroundings->site, decision, line, sizeof line);
	syslog_alert_send(surroundings->syslog, syslog_facility_code(chosen->facility),
		decision->finding.severity, (struct text){line, size});
	return 0;
}

extern const struct action syslog_action;
const struct action syslog_action = {.name = "syslog", .perform = perform};
