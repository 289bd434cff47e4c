/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bench for rules: a site, its calendar and lists, and calls to try. */
#ifndef PBXGUARD_TESTS_RULES_BENCH_H
#define PBXGUARD_TESTS_RULES_BENCH_H

#include "../test.h"

#include "pbxguard/base/local_time.h"
#include "pbxguard/rules/rules.h"
#include "pbxguard/rules/window.h"

#define NOON "2026-11-20 12:00"    /* a Friday: open */
#define NIGHT "2026-11-21 02:00"   /* Saturday: weekend */
#define HOLIDAY "2026-07-20 02:11" /* 海の日, a Monday */
#define PHONE "192.168.10.21"
#define PBX "192.0.2.10"
#define TRUNK "203.0.113.2"
#define STRANGER "198.51.100.66"

static const struct destination barbados = {.prefix = "1246", .country = "BB", .name = "Barbados"};
static const struct destination sierra_leone = {.prefix = "232", .country = "SL", .name = "Sierra Leone"};
static const struct destination cuba = {.prefix = "53", .country = "CU", .name = "Cuba"};
static const struct destination france = {.prefix = "33", .country = "FR", .name = "France"};

#define BARBADOS "+12465550123", &barbados
#define SIERRA_LEONE "+23222123456", &sierra_leone
#define CUBA "+5371234567", &cuba
#define FRANCE "+33123456789", &france
#define NOWHERE "+21012345678", NULL

struct bench {
	struct site site;
	struct calendar_settings calendar_settings;
	struct calendar *calendar;
	struct destinations_settings destinations;
	struct destination_lists *lists;
	struct rules_settings *settings;
	size_t group_count;
	struct caller_group groups[3];
	struct rules *rules;
	struct dialed_number number;
	struct event event;
	struct findings findings;
};

static inline size_t bench_rule(const char *name)
{
	for (size_t i = 0; i < rules_count(); i++) {
		if (strcmp(rules_at(i)->name, name) == 0) {
			return i;
		}
	}
	fail_msg("no rule %s", name);
	return 0;
}

static inline void *bench_setting_of(struct rules_settings *settings, const char *rule, const char *name)
{
	size_t index = bench_rule(rule);
	const struct setting *setting = setting_find(rules_at(index)->settings, text_of(name));

	assert_non_null(setting);
	return (char *)rules_settings_at(settings, index) + setting->offset;
}

/* The place of a setting; as config finds it. */
static inline void *bench_setting(struct bench *bench, const char *rule, const char *name)
{
	return bench_setting_of(bench->settings, rule, name);
}

static inline void bench_limit(struct bench *bench, const char *rule, const char *name, uint32_t limit)
{
	*(uint32_t *)bench_setting(bench, rule, name) = limit;
}

static inline void bench_place(char entries[][DESTINATION_ENTRY_SIZE], size_t *count, const char *entry)
{
	assert_true(text_copy(text_of(entry), entries[(*count)++], DESTINATION_ENTRY_SIZE));
}

/* A group of callers with the rules that the site has by now. */
static inline struct caller_group *bench_group(struct bench *bench, const char *name, const char *pattern)
{
	struct caller_group *group = &bench->groups[bench->group_count++];

	assert_true(bench->group_count <= COUNT_OF(bench->groups));
	*group = (struct caller_group){.rules = rules_settings_new()};
	strcpy(group->settings.name, name);
	strcpy(group->settings.patterns[group->settings.pattern_count++], pattern);
	for (size_t i = 0; i < rules_count(); i++) {
		memcpy(rules_settings_at(group->rules, i), rules_settings_at(bench->settings, i),
			rules_at(i)->settings_size);
	}
	return group;
}

static inline void bench_group_limit(
	struct caller_group *group, const char *rule, const char *name, uint32_t limit)
{
	*(uint32_t *)bench_setting_of(group->rules, rule, name) = limit;
}

static inline void bench_group_enable(struct caller_group *group, const char *rule, bool enabled)
{
	*(bool *)bench_setting_of(group->rules, rule, "enabled") = enabled;
}

/* Everything but the rules. only: the one rule that is enabled; NULL: all. */
static inline void bench_open(struct bench *bench, const char *only)
{
	struct network network;

	memset(bench, 0, sizeof *bench);
	assert_true(network_parse(TEXT(PBX), &network) && network_set_add(&bench->site.pbx, &network));
	setting_defaults(&calendar_setting_table, &bench->calendar_settings);
	bench->settings = rules_settings_new();
	assert_non_null(bench->settings);
	for (size_t i = 0; only != NULL && i < rules_count(); i++) {
		const char *name = rules_at(i)->name;
		*(bool *)bench_setting(bench, name, "enabled") = strcmp(name, only) == 0;
	}
}

static inline void bench_start(struct bench *bench)
{
	bench->calendar = calendar_new(&bench->calendar_settings);
	bench->lists = destination_lists_new(&bench->destinations);
	assert_true(calendar_add_holiday(bench->calendar, (struct local_date){2026, 7, 20}, TEXT("海の日")));
	assert_int_equal(destination_lists_add_high_risk(bench->lists, TEXT("1-246")), 0);
	assert_int_equal(destination_lists_add_high_risk(bench->lists, TEXT("232")), 0);
	assert_int_equal(destination_lists_add_high_risk(bench->lists, TEXT("53")), 0);
	bench->rules = rules_new(bench->settings, &(struct surroundings){.site = &bench->site,
							  .calendar = bench->calendar,
							  .lists = bench->lists,
							  .groups = bench->groups,
							  .group_count = bench->group_count});
	assert_non_null(bench->rules);
}

static inline void bench_close(struct bench *bench)
{
	rules_free(bench->rules);
	rules_settings_free(bench->settings);
	for (size_t i = 0; i < bench->group_count; i++) {
		rules_settings_free(bench->groups[i].rules);
		calendar_free(bench->groups[i].calendar);
		destination_lists_free(bench->groups[i].lists);
	}
	calendar_free(bench->calendar);
	destination_lists_free(bench->lists);
}

static inline instant bench_time(const char *text)
{
	instant when = 0;

	assert_true(instant_parse(text_of(text), &when));
	return when;
}

/* The call that is tried next; change bench->event, then bench_try. */
static inline void bench_call(struct bench *bench, const char *caller, const char *source, const char *e164,
	const struct destination *destination, instant when)
{
	bench->number = (struct dialed_number){.kind = NUMBER_INTERNATIONAL};
	strcpy(bench->number.e164, e164);
	strcpy(bench->number.digits, e164);
	bench->event = (struct event){.kind = EVENT_CALL_ATTEMPTED,
		.time = when,
		.caller = text_of(caller),
		.leg = LEG_EXTENSION,
		.is_outward = true,
		.number = &bench->number,
		.destination = destination};
	assert_true(address_parse(text_of(source), &bench->event.source.address));
	bench->event.source.port = 5060;
}

static inline size_t bench_try(struct bench *bench)
{
	rules_evaluate(bench->rules, &bench->event, &bench->findings);
	return bench->findings.count;
}

/* One call, by the bench's own rules. The number of findings. */
static inline size_t bench_dial(struct bench *bench, const char *caller, const char *source, const char *e164,
	const struct destination *destination, instant when)
{
	bench_call(bench, caller, source, e164, destination, when);
	return bench_try(bench);
}

/* What comes of the followed call that bench_call made. The number of findings. */
static inline size_t bench_live(struct bench *bench, enum event_kind kind, uint64_t call, instant when)
{
	bench->event.kind = kind;
	bench->event.call = call;
	bench->event.time = when;
	if (kind == EVENT_CALL_ATTEMPTED) {
		bench->event.attempted = when;
	} else if (kind == EVENT_CALL_ANSWERED) {
		bench->event.answered = when;
	}
	return bench_try(bench);
}

/* A call that is followed under this number is dialled. The number of findings. */
static inline size_t bench_follow(struct bench *bench, uint64_t call, const char *caller, const char *source,
	const char *e164, const struct destination *destination, instant when)
{
	bench_call(bench, caller, source, e164, destination, when);
	return bench_live(bench, EVENT_CALL_ATTEMPTED, call, when);
}

static inline void bench_expect(const struct bench *bench, size_t index, enum severity severity,
	const char *subject, uint32_t count, uint32_t limit)
{
	const struct finding *finding = &bench->findings.items[index];

	assert_true(index < bench->findings.count);
	assert_string_equal(finding->subject, subject);
	assert_int_equal(finding->severity, severity);
	assert_int_equal(finding->count, count);
	assert_int_equal(finding->limit, limit);
}

#endif
