/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/base/local_time.h"
#include "pbxguard/daemon/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CALLERS_SHOWN 50 /* a scan from outside invents thousands; --json has all */
#define ADVISED 20
#define PLACES_SHOWN 3
#define BLOCKS_SHOWN 50
#define DRY_RUN_DAYS 14 /* docs/blocking.md */
#define TEXT_SIZE 256

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* "13 days 22 h", "5 h 10 min", "40 s" */
static char *format_length(uint64_t seconds, char text[static TEXT_SIZE])
{
	uint64_t days = seconds / 86400, hours = seconds / 3600 % 24, minutes = seconds / 60 % 60;

	if (days > 0) {
		snprintf(text, TEXT_SIZE, "%" PRIu64 " day%s %" PRIu64 " h", days, plural(days), hours);
	} else if (hours > 0) {
		snprintf(text, TEXT_SIZE, "%" PRIu64 " h %" PRIu64 " min", hours, minutes);
	} else if (minutes > 0) {
		snprintf(text, TEXT_SIZE, "%" PRIu64 " min", minutes);
	} else {
		snprintf(text, TEXT_SIZE, "%" PRIu64 " s", seconds);
	}
	return text;
}

static uint64_t sum_of(const struct report *report, enum watched_count count)
{
	uint64_t sum = 0;

	for (int mode = 0; mode < WATCHED_MODES; mode++) {
		sum += report->period.watched[mode].counts[count];
	}
	return sum;
}

static uint64_t judged(const struct report *report, enum watched_count count)
{
	return sum_of(report, count) - report->period.watched[ACTION_MODE_MONITOR].counts[count];
}

/* ---- what was watched ---- */

static void print_mode(const struct watched_hour *watched)
{
	static const char *const done[WATCHED_MODES] = {
		"and judged none, as in this mode nothing is", "would have been refused", "were refused"};
	const uint64_t *counts = watched->counts;
	char length[TEXT_SIZE];

	if (counts[WATCHED_SECONDS] == 0 && counts[WATCHED_CALLS] == 0) {
		return;
	}
	printf("  mode %-8s %s: saw %" PRIu64 " call%s, %" PRIu64 " of them abroad; ",
		action_mode_name((enum action_mode)watched->mode),
		format_length(counts[WATCHED_SECONDS], length), counts[WATCHED_CALLS],
		plural(counts[WATCHED_CALLS]), counts[WATCHED_ABROAD]);
	if (watched->mode == ACTION_MODE_MONITOR) {
		puts(done[ACTION_MODE_MONITOR]);
	} else {
		printf("%" PRIu64 " %s\n", counts[WATCHED_REFUSED], done[watched->mode]);
	}
}

static void print_gaps(const struct report *report)
{
	const struct control_report *period = &report->period;
	uint64_t seconds = sum_of(report, WATCHED_SECONDS);
	instant begin = INT64_MAX;
	char text[TEXT_SIZE], when[INSTANT_TEXT_SIZE];

	for (int mode = 0; mode < WATCHED_MODES; mode++) {
		if (period->watched[mode].hour != 0 && period->watched[mode].hour < begin) {
			begin = period->watched[mode].hour;
		}
	}
	if (begin == INT64_MAX) {
		puts("Nothing is known of this period: pbxguard was not running, or had no store.");
		return;
	}
	if (begin > period->since) {
		printf("It begins only at %s: nothing was kept before.\n", instant_format_short(begin, when));
	}
	int64_t missing = (period->until - begin) / SECOND - (int64_t)seconds;
	/* The hour in which it began does not count as a gap. */
	if (missing > 3600 + (period->until - begin) / SECOND / 100) {
		printf("For %s of the period pbxguard was not running: of these calls nothing is known.\n",
			format_length((uint64_t)missing, text));
	}
}

static void print_blind(const struct report *report)
{
	static const struct {
		enum watched_count count;
		const char *words;
	} spots[] = {
		{WATCHED_UNREADABLE, "messages that could not be read whole"},
		{WATCHED_UNRECOGNISED,
			"calls to numbers that fit no form of the dial plan (site.outside_line? pbxguard --check-number)"},
		{WATCHED_ENCRYPTED, "encrypted connections, or over WebSocket (watch the PBX's other side)"},
		{WATCHED_MISSED, "packets that went by unread"},
	};
	bool is_blind = false;

	for (size_t i = 0; i < sizeof spots / sizeof spots[0]; i++) {
		uint64_t count = sum_of(report, spots[i].count);
		if (count > 0) {
			printf("%s%" PRIu64 " %s\n",
				is_blind ? "  "
					 : "It could not judge everything. The log has the details:\n  ",
				count, spots[i].words);
			is_blind = true;
		}
	}
	if (sum_of(report, WATCHED_CALLS) == 0) {
		puts("It saw no call at all, so that nothing was found says nothing. Does the phones' traffic come past "
		     "this host?\n  pbxguard --check-config, and systemctl status 'pbxguard*', which counts messages and "
		     "calls");
	}
}

static void print_period(const struct report *report, unsigned days)
{
	char since[INSTANT_TEXT_SIZE], until[INSTANT_TEXT_SIZE];

	printf("What pbxguard refused, or would have: %u day%s, %s to %s. Its mode is %s.\n", days,
		plural(days), instant_format_short(report->period.since, since),
		instant_format_short(report->period.until, until), action_mode_name(report->period.mode));
	print_gaps(report);
	for (int mode = 0; mode < WATCHED_MODES; mode++) {
		print_mode(&report->period.watched[mode]);
	}
	print_blind(report);
}

/* ---- callers ---- */

static void name_of(const struct report_country *country, char text[static TEXT_SIZE])
{
	if (country->country[0] != '\0') {
		snprintf(text, TEXT_SIZE, "%s %s", country->country, country->name);
	} else if (country->prefix[0] != '\0') {
		snprintf(text, TEXT_SIZE, "+%s %s", country->prefix, country->name);
	} else {
		snprintf(text, TEXT_SIZE, "no country");
	}
}

static void print_places(const struct report *report, const struct report_caller *caller)
{
	char name[TEXT_SIZE];

	for (size_t i = 0; i < caller->place_count && i < PLACES_SHOWN; i++) {
		name_of(&report->countries[caller->places[i].country], name);
		printf("%s%s (%zu)", i > 0 ? ", " : "", name, caller->places[i].calls);
	}
	if (caller->place_count > PLACES_SHOWN) {
		printf(" and %zu more", caller->place_count - PLACES_SHOWN);
	}
}

static void print_rules(uint32_t rules)
{
	bool is_first = true;

	for (size_t i = 0; i < report_rules_count(); i++) {
		if ((rules & UINT32_C(1) << i) != 0) {
			printf("%s%s", is_first ? "" : ", ", report_rule_name(i));
			is_first = false;
		}
	}
	fputs(is_first ? "another leg of the call was refused" : "", stdout);
}

static void print_caller(const struct report *report, const struct report_caller *caller)
{
	char first[INSTANT_TEXT_SIZE], last[INSTANT_TEXT_SIZE], name[CALLER_SIZE + NETWORK_TEXT_SIZE + 16];

	snprintf(name, sizeof name, "%s%s%s", caller->name[0] != '\0' ? caller->name : "(no name)",
		caller->is_stranger ? " outside, from " : "", caller->is_stranger ? caller->source : "");
	printf("  %-14s %5zu  %-19s  %-19s  ", name, caller->calls,
		instant_format_short(caller->first, first), instant_format_short(caller->last, last));
	print_places(report, caller);
	fputs("; ", stdout);
	print_rules(caller->rules);
	if (caller->slipped > 0) {
		printf("; %zu went through, as their trunk leg was not seen", caller->slipped);
	}
	putchar('\n');
}

static void print_callers(const struct report *report)
{
	size_t shown = report->caller_count < CALLERS_SHOWN ? report->caller_count : CALLERS_SHOWN;

	if (report->caller_count == 0) {
		return;
	}
	printf("\n  %-14s %5s  %-19s  %-19s  %s\n", "caller", "calls", "first", "last",
		"where to; which rules");
	for (size_t i = 0; i < shown; i++) {
		print_caller(report, &report->callers[i]);
	}
	if (shown < report->caller_count) {
		printf("  and %zu callers more: --json has every call\n", report->caller_count - shown);
	}
}

static void print_countries(const struct report *report)
{
	char name[TEXT_SIZE];

	if (report->country_count == 0) {
		return;
	}
	printf("\n  %-32s %5s  %7s  %s\n", "country", "calls", "callers", "a number there");
	for (size_t i = 0; i < report->country_count; i++) {
		const struct report_country *country = &report->countries[i];
		name_of(country, name);
		printf("  %-32s %5zu  %7zu  %s\n", name, country->calls, country->callers, country->number);
	}
}

static void print_unlisted(const struct report *report)
{
	uint64_t refused = judged(report, WATCHED_REFUSED);
	char first[INSTANT_TEXT_SIZE];

	if (refused <= report->calls) {
		return;
	}
	printf("\n%" PRIu64 " call%s more came than there is room for, and %s not listed",
		refused - report->calls, plural(refused - report->calls),
		refused - report->calls == 1 ? "is" : "are");
	if (report->first != 0) {
		printf("; the list begins at %s", instant_format_short(report->first, first));
	}
	puts(".");
}

/* ---- who is blocked ---- */

static void print_block(const struct report_block *block)
{
	static const char *const kinds[] = {
		[REFUSAL_OF_CALL] = "", [REFUSAL_OF_SOURCE] = "address", [REFUSAL_OF_ACCOUNT] = "account"};
	char first[INSTANT_TEXT_SIZE], name[CALLER_SIZE + 16];

	snprintf(name, sizeof name, "%s %s", kinds[block->about], block->name);
	printf("  %-24s %-19s  %-16s  %s", name, instant_format_short(block->first, first),
		block->incident[0] != '\0' ? block->incident : "-", block->reason);
	if (block->times > 1) {
		printf(" (%zu times)", block->times);
	}
	putchar('\n');
}

static void print_blocks(const struct report *report, enum refusal_action action, const char *heading)
{
	size_t count = 0;

	for (size_t i = 0; i < report->block_count; i++) {
		if (report->blocks[i].action != action) {
			continue;
		}
		if (count == 0) {
			printf("\n  %-24s %-19s  %-16s  %s\n", heading, "first", "incident", "why");
		}
		if (count++ < BLOCKS_SHOWN) {
			print_block(&report->blocks[i]);
		}
	}
	if (count > BLOCKS_SHOWN) {
		printf("  and %zu more: --json has them all\n", count - BLOCKS_SHOWN);
	}
}

/* ---- what to do ---- */

static void print_advice(const struct report *report)
{
	char line[REPORT_ADVICE_SIZE];

	if (report->caller_count == 0) {
		return;
	}
	puts("\nAsk who placed these calls. For honest ones these settings, then sudo systemctl reload pbxguard.\n"
	     "A caller needs one for each of his rules; docs/rules.md tells more of them, and what each costs.");
	for (size_t i = 0; i < report->caller_count && i < ADVISED; i++) {
		const struct report_caller *caller = &report->callers[i];
		size_t place = 0;
		printf("  %s%s:\n", caller->name[0] != '\0' ? caller->name : "(no name)",
			caller->is_stranger ? " outside" : "");
		while (report_advise(report, caller, &place, line)) {
			printf("    %s\n", line);
		}
	}
	for (size_t i = 0; i < report->block_count; i++) {
		if (report->blocks[i].about == REFUSAL_OF_SOURCE) {
			puts("  An honest address: actions.block.never = [ \"ADDRESS\" ];  a phone's network rather belongs into "
			     "site.extensions");
			break;
		}
	}
}

static void print_end(const struct report *report)
{
	uint64_t days = report->period.watched[ACTION_MODE_DRY_RUN].counts[WATCHED_SECONDS] / 86400;

	putchar('\n');
	if (report->period.mode == ACTION_MODE_MONITOR) {
		puts("Mode monitor judges nothing: set actions.mode = \"dry_run\", and see docs/blocking.md.");
	} else if (judged(report, WATCHED_CALLS) == 0) {
		puts("Nothing was seen yet that could be judged: look again when calls were placed.");
	} else if (report->period.mode == ACTION_MODE_BLOCK) {
		puts("Nothing honest here? Then all is well.");
	} else {
		if (days < DRY_RUN_DAYS) {
			printf("The dry run has lasted for %" PRIu64 " day%s of the %d that are advised.\n",
				days, plural(days), DRY_RUN_DAYS);
		}
		puts("Nothing honest here? Set actions.mode = \"block\", then: sudo systemctl restart pbxguard");
	}
}

void report_print(const struct report *report, unsigned days)
{
	print_period(report, days);
	if (report->calls == 0 && judged(report, WATCHED_CALLS) > 0) {
		puts("No call is in the list.");
	}
	print_callers(report);
	print_countries(report);
	print_unlisted(report);
	print_blocks(report, REFUSAL_WOULD_BLOCK, "would have been blocked");
	print_blocks(report, REFUSAL_BLOCKED, "was blocked");
	print_advice(report);
	print_end(report);
}
