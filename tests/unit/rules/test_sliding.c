/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The promise to the operator, for each rule that counts within a time: no sequence of calls that is above a
 * limit within any sliding window escapes, and none that is below fires. So nothing begins anew at midnight
 * or doubles at a window's edge. Compared with a plain list of all calls, through the whole set of rules.
 * (number_range and forged_caller_id have conditions of their own: see findings_agree_with_a_plain_list and
 * the_counts_agree_with_a_simple_model in their tests.)
 */
#include "bench.h"

#include <stdlib.h>
#include <unistd.h>

#define BEFORE_MIDNIGHT "2026-11-19 23:40" /* a Thursday */
#define CALLS_MAX 600
#define KEYS 3 /* callers, each from an address of his own */
#define VALUES 14

struct limit {
	const char *warning, *critical; /* the settings */
	uint32_t at_warning, at_critical;
	duration span;
	bool is_of_site;
};

static const struct promise {
	const char *rule;
	enum { OF_CALLS, OF_VALUES, OF_MONEY } counts;
	duration mostly; /* two calls are mostly less apart */
	struct limit limits[4];
} promises[] = {
	{"call_burst", OF_CALLS, 20 * SECOND,
		{{"minute_warning", "minute_critical", 3, 5, MINUTE, false},
			{"hour_warning", "hour_critical", 6, 10, HOUR, false},
			{"site_hour_warning", "site_hour_critical", 15, 30, HOUR, true}}},
	{"call_burst", OF_CALLS, 8 * MINUTE,
		{{"minute_warning", "minute_critical", 3, 5, MINUTE, false},
			{"hour_warning", "hour_critical", 6, 10, HOUR, false},
			{"site_hour_warning", "site_hour_critical", 15, 30, HOUR, true}}},
	{"high_risk_destination", OF_CALLS, 2 * HOUR,
		{{"warning", "critical", 4, 7, 12 * HOUR, false},
			{"warning", "critical", 4, 7, 12 * HOUR, true}}},
	{"off_hours", OF_CALLS, 10 * MINUTE, {{"warning", "critical", 3, 6, HOUR, false}}},
	{"country_spread", OF_VALUES, 90 * SECOND,
		{{"ten_minutes_warning", "ten_minutes_critical", 4, 7, 10 * MINUTE, false},
			{"hour_warning", "hour_critical", 8, 10, HOUR, false},
			{"site_ten_minutes_warning", "site_ten_minutes_critical", 6, 9, 10 * MINUTE, true},
			{"site_hour_warning", "site_hour_critical", 11, 13, HOUR, true}}},
	{"prefix_probing", OF_VALUES, 15 * SECOND,
		{{"minute_warning", "minute_critical", 3, 5, MINUTE, false},
			{"day_warning", "day_critical", 9, 12, DAY, false}}},
	{"prefix_probing", OF_VALUES, 2 * HOUR,
		{{"minute_warning", "minute_critical", 3, 5, MINUTE, false},
			{"day_warning", "day_critical", 6, 9, DAY, false}}},
	{"spend", OF_MONEY, 5 * MINUTE,
		{{"hour_warning", "hour_critical", 1500, 2500, HOUR, false},
			{"day_warning", "day_critical", 12000, 20000, DAY, false},
			{"site_hour_warning", "site_hour_critical", 4000, 6000, HOUR, true},
			{"site_day_warning", "site_day_critical", 30000, 45000, DAY, true}}},
	{"spend", OF_MONEY, 90 * MINUTE,
		{{"hour_warning", "hour_critical", 1500, 2500, HOUR, false},
			{"day_warning", "day_critical", 2000, 4000, DAY, false},
			{"site_hour_warning", "site_hour_critical", 4000, 6000, HOUR, true},
			{"site_day_warning", "site_day_critical", 5000, 9000, DAY, true}}},
};

static unsigned next_random(unsigned *random)
{
	*random = *random * 1103515245 + 12345;
	return *random >> 8;
}

/* ---- the plain list ---- */

#define MINUTE_COSTS 250 /* yen, of what the table lacks */

static struct {
	size_t count;
	struct call {
		instant when;
		unsigned key, value;
	} items[CALLS_MAX];
} list;

/* Of the latest call's caller, or of all, in (now - reach, now]. */
static uint32_t count_in_list(const struct promise *promise, bool is_of_site, duration reach)
{
	const struct call *latest = &list.items[list.count - 1];
	bool seen[VALUES] = {false};
	uint32_t calls = 0, values = 0;

	for (size_t i = 0; i < list.count; i++) {
		const struct call *call = &list.items[i];
		if (call->when > latest->when - reach && (is_of_site || call->key == latest->key)) {
			calls++;
			values += !seen[call->value];
			seen[call->value] = true;
		}
	}
	return promise->counts == OF_VALUES  ? values
	       : promise->counts == OF_MONEY ? calls * MINUTE_COSTS
					     : calls;
}

/* The gravest that a limit demands; -1: nothing. slack: how much longer than its span a sum may count. */
static int demanded(const struct promise *promise, bool is_of_site, int slack)
{
	int gravest = -1;

	for (const struct limit *limit = promise->limits; limit < promise->limits + 4 && limit->warning;
		limit++) {
		duration reach = limit->span + (slack > 0 ? limit->span / slack : 0);
		if (limit->is_of_site != is_of_site) {
			continue;
		}
		uint32_t count = count_in_list(promise, is_of_site, reach);
		int severity = count >= limit->at_critical  ? (int)SEVERITY_CRITICAL
			       : count >= limit->at_warning ? (int)SEVERITY_WARNING
							    : -1;
		gravest = severity > gravest ? severity : gravest;
	}
	return gravest;
}

/* ---- what the rules say ---- */

static struct rates *rates_of_one_row(void)
{
	static const char text[] = "prefix,currency,per_minute,setup\n999,JPY,1,\n";
	char path[] = "/tmp/pbxguard-sliding-XXXXXX", error[256];
	struct rates_settings settings = {0};
	int file = mkstemp(path);

	assert_true(file >= 0 && write(file, text, sizeof text - 1) == sizeof text - 1);
	close(file);
	setting_defaults(&rates_setting_table, &settings);
	struct rates *rates = rates_read(&settings, path, error, sizeof error);
	unlink(path);
	assert_non_null(rates);
	return rates;
}

static void start(struct bench *bench, const struct promise *promise, const struct rates *rates)
{
	bench_open(bench, promise->rule);
	for (const struct limit *limit = promise->limits; limit < promise->limits + 4 && limit->warning;
		limit++) {
		bench_limit(bench, promise->rule, limit->warning, limit->at_warning);
		bench_limit(bench, promise->rule, limit->critical, limit->at_critical);
	}
	/* Closed all the time, which only off_hours minds. */
	strcpy(bench->calendar_settings.closed[bench->calendar_settings.closed_count++], "01-01..12-31");
	bench_start(bench);
	rules_free(bench->rules);
	bench->rules = rules_new(bench->settings, &(struct surroundings){.site = &bench->site,
							  .calendar = bench->calendar,
							  .lists = bench->lists,
							  .memory = (size_t)4 << 20,
							  .rates = rates});
	assert_non_null(bench->rules);
}

static void dial(struct bench *bench, const struct promise *promise, const struct call *call)
{
	static struct destination countries[VALUES];
	struct destination *country = &countries[call->value];
	bool is_listed = strcmp(promise->rule, "high_risk_destination") == 0;
	char caller[16], source[24], e164[E164_SIZE];

	snprintf(caller, sizeof caller, "100%u", call->key);
	snprintf(source, sizeof source, "10.%u.0.1", call->key); /* of another network each */
	snprintf(e164, sizeof e164, is_listed ? "+1246%u5551234" : "+%u12345678", 210 + call->value);
	snprintf(country->prefix, sizeof country->prefix, is_listed ? "1246" : "%u", 210 + call->value);
	snprintf(country->country, sizeof country->country, "%cX", (char)('A' + call->value));
	bench_call(bench, caller, source, e164, country, call->when);
	if (strcmp(promise->rule, "prefix_probing") == 0) {
		bench->number.kind = NUMBER_UNRECOGNISED;
		snprintf(bench->number.digits, sizeof bench->number.digits, "%u239287044", 90 + call->value);
		bench->event.dialed = text_of(bench->number.digits);
	}
	if (promise->counts == OF_MONEY) {
		bench->event.kind = EVENT_CALL_ANSWERED;
		bench->event.attempted = bench->event.answered = call->when;
		bench->event.call = list.count;
	}
	bench_try(bench);
	bench->event.caller = bench->event.dialed = (struct text){0}; /* no longer there */
}

/* The gravest finding about the caller, and about anybody. */
static void read_findings(const struct bench *bench, unsigned key, int *of_caller, int *of_any)
{
	char subject[24];

	snprintf(subject, sizeof subject, "caller:100%u", key);
	*of_caller = *of_any = -1;
	for (size_t i = 0; i < bench->findings.count; i++) {
		const struct finding *finding = &bench->findings.items[i];
		int severity = (int)finding->severity;
		if (strcmp(finding->subject, subject) == 0) {
			*of_caller = severity > *of_caller ? severity : *of_caller;
		}
		*of_any = severity > *of_any ? severity : *of_any;
	}
}

static void next_call(unsigned *random, const struct promise *promise, instant *clock)
{
	unsigned kind = next_random(random) % 100;
	duration step = next_random(random) % 1000 * promise->mostly / 1000;

	*clock += kind < 80 ? step : kind < 97 ? step * 10 : promise->limits[kind % 2].span - (kind & 1);
	list.items[list.count++] =
		(struct call){*clock, next_random(random) % KEYS, next_random(random) % VALUES};
}

static void nothing_above_a_limit_escapes_and_nothing_below_fires(void **state)
{
	struct rates *rates = rates_of_one_row();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(promises); i++) {
		const struct promise *promise = &promises[i];
		int slack = promise->counts == OF_MONEY ? 60 : 0;
		unsigned fired = 0, silent = 0, site_alone = 0;
		for (unsigned seed = 1; seed <= 8; seed++) {
			struct bench bench;
			unsigned random = seed;
			instant clock = bench_time(BEFORE_MIDNIGHT) + seed * MINUTE;
			int of_caller, of_any;
			start(&bench, promise, rates);
			for (list.count = 0; list.count < CALLS_MAX;) {
				next_call(&random, promise, &clock);
				dial(&bench, promise, &list.items[list.count - 1]);
				read_findings(&bench, list.items[list.count - 1].key, &of_caller, &of_any);
				int least = demanded(promise, false, 0),
				    most = demanded(promise, false, slack);
				int least_site = demanded(promise, true, 0),
				    most_site = demanded(promise, true, slack);
				if (of_caller < least || of_caller > most) {
					fail_msg("%s, seed %u, call %zu: %d, not %d to %d", promise->rule,
						seed, list.count, of_caller, least, most);
				}
				/* Of all together only what is graver is told by most rules. */
				least_site = least_site > least ? least_site : least;
				most_site = most_site > most ? most_site : most;
				if (of_any < least_site || of_any > most_site) {
					fail_msg("%s, seed %u, call %zu: of any %d, not %d to %d",
						promise->rule, seed, list.count, of_any, least_site,
						most_site);
				}
				fired += of_caller >= 0;
				silent += of_any < 0;
				site_alone += of_any > of_caller;
			}
			assert_int_equal(rules_keys_evicted(bench.rules), 0);
			bench_close(&bench);
		}
		/* Else it would show nothing. */
		assert_true(fired > 100 && silent > 100);
		assert_true(site_alone > 0 || !promise->limits[1].is_of_site);
	}
	rates_free(rates);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_above_a_limit_escapes_and_nothing_below_fires),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
