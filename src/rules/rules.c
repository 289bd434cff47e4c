/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/rules/rules.h"

#include "pbxguard/rules/rates.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

extern const struct rule call_burst_rule;
extern const struct rule callback_bait_rule;
extern const struct rule concurrent_calls_rule;
extern const struct rule country_spread_rule;
extern const struct rule denied_destination_rule;
extern const struct rule dial_injection_rule;
extern const struct rule forged_caller_id_rule;
extern const struct rule high_risk_destination_rule;
extern const struct rule long_call_rule;
extern const struct rule number_range_rule;
extern const struct rule off_hours_rule;
extern const struct rule prefix_probing_rule;
extern const struct rule relay_rule;
extern const struct rule spend_rule;
extern const struct rule surge_rule;
extern const struct rule unfamiliar_rule;

/* In the order in which they are asked, shown and explained: what is surest first. */
static const struct rule *const table[] = {
	&denied_destination_rule,
	&high_risk_destination_rule,
	&off_hours_rule,
	&call_burst_rule,
	&concurrent_calls_rule,
	&long_call_rule,
	&relay_rule,
	&forged_caller_id_rule,
	&dial_injection_rule,
	&callback_bait_rule,
	&country_spread_rule,
	&number_range_rule,
	&prefix_probing_rule,
	&spend_rule,
	&surge_rule,
	&unfamiliar_rule,
};

#define RULE_COUNT (sizeof table / sizeof table[0])
static_assert(2 * RULE_COUNT <= FINDINGS_MAX, "each rule may say two things about one call");

struct rules_settings {
	void *of_rule[RULE_COUNT];
};

struct rules {
	struct rules_settings *settings; /* the site's */
	bool is_enabled[RULE_COUNT];     /* likewise */
	bool is_asked[RULE_COUNT];       /* by the site or some group */
	void *states[RULE_COUNT];        /* of all of these; NULL: not asked, or remembers nothing */
	uint64_t evicted_before;         /* by the rules that were adopted */
	struct surroundings surroundings;
};

size_t rules_count(void)
{
	return RULE_COUNT;
}

const struct rule *rules_at(size_t index)
{
	assert(index < RULE_COUNT);
	return table[index];
}

struct rules_settings *rules_settings_new(void)
{
	struct rules_settings *settings = calloc(1, sizeof *settings);

	for (size_t i = 0; settings != NULL && i < RULE_COUNT; i++) {
		settings->of_rule[i] = calloc(1, table[i]->settings_size);
		if (settings->of_rule[i] == NULL) {
			rules_settings_free(settings);
			return NULL;
		}
		setting_defaults(table[i]->settings, settings->of_rule[i]);
	}
	return settings;
}

void rules_settings_free(struct rules_settings *settings)
{
	for (size_t i = 0; settings != NULL && i < RULE_COUNT; i++) {
		free(settings->of_rule[i]);
	}
	free(settings);
}

void *rules_settings_at(struct rules_settings *settings, size_t index)
{
	assert(index < RULE_COUNT);
	return settings->of_rule[index];
}

static bool reads_enabled(const struct rule *rule, const void *settings)
{
	const struct setting *enabled = setting_find(rule->settings, TEXT("enabled"));

	assert(enabled != NULL && enabled->type == SETTING_BOOLEAN);
	return *(const bool *)((const char *)settings + enabled->offset);
}

bool rules_settings_enabled(const struct rules_settings *settings, size_t index)
{
	assert(index < RULE_COUNT);
	return reads_enabled(table[index], settings->of_rule[index]);
}

static void find_asked(struct rules *rules)
{
	for (size_t i = 0; i < RULE_COUNT; i++) {
		rules->is_enabled[i] = rules->is_asked[i] = rules_settings_enabled(rules->settings, i);
		for (size_t j = 0; j < rules->surroundings.group_count; j++) {
			const struct rules_settings *of_group = rules->surroundings.groups[j].rules;
			rules->is_asked[i] = rules->is_asked[i] || rules_settings_enabled(of_group, i);
		}
	}
}

/* The memory is shared evenly by the rules that remember something. */
static size_t memory_each(const struct rules *rules)
{
	size_t remembering = 0;

	for (size_t i = 0; i < RULE_COUNT; i++) {
		remembering += table[i]->state_new != NULL && rules->is_asked[i];
	}
	return rules->surroundings.memory / (remembering > 0 ? remembering : 1);
}

/* Makes each limit and time in highest at least what it is in other. */
static void raise_settings(const struct setting_table *settings, char *highest, const char *other)
{
	for (size_t i = 0; i < settings->count; i++) {
		const struct setting *setting = &settings->settings[i];
		void *value = highest + setting->offset;
		const void *other_value = other + setting->offset;
		if (setting->type == SETTING_NUMBER && *(const uint32_t *)other_value > *(uint32_t *)value) {
			*(uint32_t *)value = *(const uint32_t *)other_value;
		} else if (setting->type == SETTING_DURATION &&
			   *(const duration *)other_value > *(duration *)value) {
			*(duration *)value = *(const duration *)other_value;
		}
	}
}

/* A caller's counts stay his whatever group he is of after a reload, so one state is for all. */
static bool make_state(struct rules *rules, size_t index, size_t memory)
{
	const struct rule *rule = table[index];
	void *highest = malloc(rule->settings_size);

	if (highest == NULL) {
		return false;
	}
	memcpy(highest, rules->settings->of_rule[index], rule->settings_size);
	for (size_t i = 0; i < rules->surroundings.group_count; i++) {
		const struct rules_settings *of_group = rules->surroundings.groups[i].rules;
		if (rules_settings_enabled(of_group, index)) {
			raise_settings(rule->settings, highest, of_group->of_rule[index]);
		}
	}
	rules->states[index] = rule->state_new(highest, memory);
	free(highest);
	return rules->states[index] != NULL;
}

static bool make_states(struct rules *rules)
{
	size_t memory = memory_each(rules);

	for (size_t i = 0; i < RULE_COUNT; i++) {
		if (table[i]->state_new != NULL && rules->is_asked[i] && !make_state(rules, i, memory)) {
			return false;
		}
	}
	return true;
}

struct rules *rules_new(const struct rules_settings *settings, const struct surroundings *surroundings)
{
	struct rules *rules = calloc(1, sizeof *rules);

	if (rules == NULL) {
		return NULL;
	}
	rules->surroundings = *surroundings;
	rules->settings = rules_settings_new();
	for (size_t i = 0; rules->settings != NULL && i < RULE_COUNT; i++) {
		memcpy(rules->settings->of_rule[i], settings->of_rule[i], table[i]->settings_size);
	}
	if (rules->settings == NULL) {
		rules_free(rules);
		return NULL;
	}
	find_asked(rules);
	if (!make_states(rules)) {
		rules_free(rules);
		return NULL;
	}
	return rules;
}

void rules_free(struct rules *rules)
{
	if (rules == NULL) {
		return;
	}
	for (size_t i = 0; i < RULE_COUNT; i++) {
		if (table[i]->state_free != NULL) {
			table[i]->state_free(rules->states[i]);
		}
	}
	rules_settings_free(rules->settings);
	free(rules);
}

void rules_adopt(struct rules *rules, const struct rules *old)
{
	rules->evicted_before = rules_keys_evicted(old);
	for (size_t i = 0; i < RULE_COUNT; i++) {
		if (rules->states[i] != NULL && old->states[i] != NULL) {
			table[i]->adopt(rules->states[i], old->states[i]);
		}
	}
}

/* Emergency and public services are beyond all rules, whatever is set. */
static bool is_never_judged(const struct event *event)
{
	return event->number->kind == NUMBER_EMERGENCY || event->number->kind == NUMBER_SERVICE;
}

static bool wants(const struct rule *rule, const struct event *event)
{
	return rule->wants != NULL ? rule->wants(event) : circumstances_is_try(event);
}

/* What one rule knows of a call can make graver what the others found in it. */
static void raise_others(struct findings *findings)
{
	bool raises = false;

	for (size_t i = 0; i < findings->count; i++) {
		raises = raises || findings->items[i].raises_others;
	}
	for (size_t i = 0; raises && i < findings->count; i++) {
		struct finding *finding = &findings->items[i];
		if (!finding->raises_others && !finding->is_unproven &&
			finding->severity < SEVERITY_CRITICAL) {
			finding->severity++;
		}
	}
}

static void watch(struct rules *rules, instant now)
{
	for (size_t i = 0; i < RULE_COUNT; i++) {
		if (table[i]->watch != NULL && rules->is_asked[i]) {
			table[i]->watch(rules->settings->of_rule[i], rules->states[i], now);
		}
	}
}

bool rule_setting_is_of_callers(const struct rule *rule, const struct setting *setting)
{
	struct text name = text_of(setting->name);

	return rule->scope != RULE_OF_SITE && !text_begins(name, TEXT("site_")) &&
	       !text_begins(name, TEXT("range_"));
}

static bool has_own_settings(const struct rules *rules, const struct caller_group *group, size_t index)
{
	return group != NULL && memcmp(group->rules->of_rule[index], rules->settings->of_rule[index],
					table[index]->settings_size) != 0;
}

/* About the caller and his address by the group's settings, about all callers together by the site's. */
static void ask_for_group(const struct rules *rules, size_t index, struct circumstances *circumstances,
	struct findings *findings)
{
	const struct rules_settings *of_group = circumstances->group->rules;
	bool judges_site = table[index]->scope == RULE_OF_CALLERS_AND_SITE;
	struct subject *subjects = circumstances->subjects;
	struct subject before[SUBJECT_KIND_COUNT];

	memcpy(before, subjects, sizeof before);
	if (rules_settings_enabled(of_group, index)) {
		subjects[SUBJECT_SITE].counts = subjects[SUBJECT_SITE].counts && !judges_site;
		table[index]->evaluate(
			of_group->of_rule[index], rules->states[index], circumstances, findings);
		memcpy(subjects, before, sizeof before);
	}
	if (judges_site && rules->is_enabled[index]) {
		subjects[SUBJECT_CALLER].counts = subjects[SUBJECT_SOURCE].counts = false;
		table[index]->evaluate(
			rules->settings->of_rule[index], rules->states[index], circumstances, findings);
		memcpy(subjects, before, sizeof before);
	}
}

static void ask(const struct rules *rules, size_t index, struct circumstances *circumstances,
	struct findings *findings)
{
	size_t found = findings->count;

	if (has_own_settings(rules, circumstances->group, index)) {
		ask_for_group(rules, index, circumstances, findings);
		return;
	}
	table[index]->evaluate(
		rules->settings->of_rule[index], rules->states[index], circumstances, findings);
	/* Where only some group asks the rule, it has to know of others' calls, no more. */
	if (!rules->is_enabled[index]) {
		findings->count = found;
	}
}

void rules_evaluate(struct rules *rules, const struct event *event, struct findings *findings)
{
	struct circumstances circumstances;
	bool is_known = false;

	findings->count = 0;
	findings->cost = 0;
	findings->currency = NULL;
	watch(rules, event->time);
	if (is_never_judged(event)) {
		return;
	}
	for (size_t i = 0; i < RULE_COUNT; i++) {
		if (!rules->is_asked[i] || !wants(table[i], event)) {
			continue;
		}
		if (!is_known) {
			circumstances_of(event, &rules->surroundings, &circumstances);
			is_known = true;
		}
		size_t found = findings->count;
		ask(rules, i, &circumstances, findings);
		for (; found < findings->count; found++) {
			findings->items[found].proves = table[i]->proves;
		}
	}
	raise_others(findings);
	if (is_known && circumstances_is_abroad(event) && event->answered != 0 &&
		circumstances.rates != NULL) {
		findings->currency = rates_currency(circumstances.rates);
		findings->cost = rates_cost(circumstances.rates, event->number->e164, event->destination,
			&circumstances.destination, event->up);
	}
}

void rules_say_limits(
	const struct rules *rules, size_t index, const struct event *event, struct limits_text *text)
{
	struct circumstances circumstances;

	assert(index < RULE_COUNT);
	circumstances_of(event, &rules->surroundings, &circumstances);
	const struct rules_settings *settings =
		circumstances.group != NULL ? circumstances.group->rules : rules->settings;
	*text = (struct limits_text){0};
	table[index]->say_limits(settings->of_rule[index], &circumstances, text);
}

size_t rules_save(const struct rules *rules, size_t index, uint8_t *bytes, size_t room)
{
	assert(index < RULE_COUNT);
	if (table[index]->save == NULL || rules->states[index] == NULL) {
		return 0;
	}
	return table[index]->save(rules->states[index], bytes, room);
}

bool rules_restore(struct rules *rules, size_t index, const uint8_t *bytes, size_t size)
{
	assert(index < RULE_COUNT);
	return table[index]->restore != NULL && rules->states[index] != NULL &&
	       table[index]->restore(rules->states[index], bytes, size);
}

uint64_t rules_keys_evicted(const struct rules *rules)
{
	uint64_t evicted = rules->evicted_before;

	for (size_t i = 0; i < RULE_COUNT; i++) {
		if (rules->states[i] != NULL) {
			evicted += table[i]->evicted(rules->states[i]);
		}
	}
	return evicted;
}
