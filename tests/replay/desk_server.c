/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For test_pbxguardctl: the control desk without a guard around it, with a set that takes everything and
 * accounts 1001 to 1040, until standard input ends. With "reported" it has 400 calls for a report.
 * usage: desk_server PATH [full | reported | unreadable]
 */
#include "pbxguard/base/setting.h"
#include "pbxguard/daemon/control_desk.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ACCOUNTS 40

static bool is_full;
static bool is_released[ACCOUNTS];

static enum blocklist_result add(void *context, const struct network *network, duration time, char *why)
{
	(void)context;
	(void)network;
	(void)time;
	snprintf(why, BLOCKLIST_WHY_SIZE, "the kernel's set pbxguard4 is full");
	return is_full ? BLOCKLIST_FULL : BLOCKLIST_DONE;
}

static enum blocklist_result take_out(void *context, const struct network *network, char *why)
{
	(void)context;
	(void)network;
	snprintf(why, BLOCKLIST_WHY_SIZE, "the kernel's set pbxguard4 has no such entry");
	return BLOCKLIST_NOT_THERE;
}

static size_t release(void *context, const char *account, const char *incident)
{
	char name[CALLER_SIZE];

	(void)context;
	(void)incident;
	for (int i = 0; i < ACCOUNTS; i++) {
		snprintf(name, sizeof name, "%d", 1001 + i);
		if (strcmp(name, account) == 0 && !is_released[i]) {
			is_released[i] = true;
			return 1;
		}
	}
	return 0;
}

static size_t list(void *context, uint64_t *after, struct blocked_account_record *accounts, size_t room)
{
	size_t count = 0;

	(void)context;
	for (; *after < ACCOUNTS && count < room; ++*after) {
		if (is_released[*after]) {
			continue;
		}
		accounts[count] = (struct blocked_account_record){.since = 1795281185 * SECOND,
			.incident = "0123456789abcdef",
			.reason = "critical: high_risk_destination"};
		snprintf(accounts[count++].account, CALLER_SIZE, "%d", 1001 + (int)*after);
	}
	if (*after == ACCOUNTS) {
		*after = UINT64_MAX;
	}
	return count;
}

/* ---- what was refused ---- */

#define CALLS 400

static bool sum(void *context, instant since, struct control_report *report)
{
	const bool *is_readable = context;

	report->mode = ACTION_MODE_DRY_RUN;
	report->watched[ACTION_MODE_DRY_RUN] = (struct watched_hour){.hour = since + HOUR,
		.mode = ACTION_MODE_DRY_RUN,
		.counts = {[WATCHED_SECONDS] = 86400,
			[WATCHED_CALLS] = 20,
			[WATCHED_ABROAD] = 9,
			[WATCHED_REFUSED] = CALLS + 100,
			[WATCHED_ENCRYPTED] = 3}};
	return *is_readable;
}

static bool page(
	void *context, instant since, uint64_t after, struct refusal_record *rows, size_t room, size_t *count)
{
	const bool *is_readable = context;

	for (*count = 0; *count < room && after < CALLS; ++*count) {
		struct refusal_record *row = &rows[*count];
		after++;
		*row = (struct refusal_record){.order = after,
			.time = since + DAY + (instant)after * SECOND,
			.action = REFUSAL_WOULD_REFUSE,
			.severity = SEVERITY_CRITICAL,
			.leg = LEG_EXTENSION,
			.country = "SL",
			.country_name = "Sierra Leone",
			.rules = "off_hours"};
		if (after == 1) {
			text_make_safe(TEXT("\033[2Jthief"), row->caller, sizeof row->caller);
		} else {
			snprintf(row->caller, sizeof row->caller, "10%d", (int)(after % 10));
		}
	}
	return *is_readable;
}

static void serve(struct control_desk *desk)
{
	struct pollfd waits[] = {{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = control_desk_descriptor(desk), .events = POLLIN}};

	while (poll(waits, 2, -1) > 0 && waits[0].revents == 0) {
		control_desk_serve_accounts(desk);
	}
}

int main(int argc, char **argv)
{
	static struct counters counters, packet_counters;
	static struct action_settings settings;
	static struct site site;
	const struct log log = log_to_standard_error();
	struct network pbx;

	static bool is_readable;
	const bool is_reported = argc > 2 && strcmp(argv[2], "reported") == 0;
	const bool is_unreadable = argc > 2 && strcmp(argv[2], "unreadable") == 0;
	is_readable = is_reported;
	is_full = argc > 2 && strcmp(argv[2], "full") == 0;
	setting_defaults(&action_settings_table, &settings);
	network_parse(TEXT("192.0.2.10"), &pbx);
	network_set_add(&site.pbx, &pbx);
	const struct control_desk_setup setup = {
		.path = argc > 1 ? argv[1] : "",
		.site = &site,
		.settings = &settings,
		.set = {add, take_out, NULL},
		.accounts = {release, list, NULL},
		.report = is_reported || is_unreadable ? (struct control_desk_report){sum, page, &is_readable}
						       : (struct control_desk_report){0},
		.counters = &packet_counters,
		.log = &log,
	};
	signal(SIGPIPE, SIG_IGN);
	struct slow_thread *thread = slow_thread_start(
		actions_new(&settings, &site, (struct action_output){-1, ALERT_FORMAT_TEXT}, NULL, &counters),
		NULL, &counters);
	struct control_desk *desk = thread != NULL ? control_desk_start(&setup, thread) : NULL;
	if (desk == NULL) {
		return 1;
	}
	serve(desk);
	return slow_thread_stop(thread) ? 0 : 1;
}
