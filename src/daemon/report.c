/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/report.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more: a power of two is kept. False: no memory. */
static bool make_room(void **items, size_t count, size_t size)
{
	if (count != 0 && (count & (count - 1)) != 0) {
		return true;
	}
	void *more = reallocarray(*items, count == 0 ? 1 : 2 * count, size);
	if (more == NULL) {
		return false;
	}
	*items = more;
	memset((char *)more + count * size, 0, size);
	return true;
}

#define MAKE_ROOM(items, count) make_room((void **)&(items), count, sizeof *(items))

static struct report_caller *find_caller(struct report *report, const struct refusal_record *row)
{
	bool is_stranger = row->leg == LEG_OUTSIDE;

	for (size_t i = 0; i < report->caller_count; i++) {
		struct report_caller *caller = &report->callers[i];
		if (caller->is_stranger == is_stranger && strcmp(caller->name, row->caller) == 0) {
			return caller;
		}
	}
	if (!MAKE_ROOM(report->callers, report->caller_count)) {
		return NULL;
	}
	struct report_caller *caller = &report->callers[report->caller_count++];
	*caller = (struct report_caller){.is_stranger = is_stranger, .first = row->time};
	memcpy(caller->name, row->caller, sizeof caller->name);
	return caller;
}

/* Its place; SIZE_MAX: no memory. */
static size_t find_country(struct report *report, const struct refusal_record *row)
{
	/* A prefix alone tells satellites and networks apart; of a country it is one of several. */
	bool has_country = row->country[0] != '\0';

	for (size_t i = 0; i < report->country_count; i++) {
		const struct report_country *country = &report->countries[i];
		if (strcmp(country->country, row->country) == 0 &&
			(has_country || strcmp(country->prefix, row->prefix) == 0)) {
			return i;
		}
	}
	if (!MAKE_ROOM(report->countries, report->country_count)) {
		return SIZE_MAX;
	}
	struct report_country *country = &report->countries[report->country_count];
	*country = (struct report_country){0};
	memcpy(country->country, row->country, sizeof country->country);
	memcpy(country->name, row->country_name, sizeof country->name);
	memcpy(country->prefix, row->prefix, sizeof country->prefix);
	memcpy(country->number, row->number, sizeof country->number);
	return report->country_count++;
}

static bool add_place(struct report *report, struct report_caller *caller, size_t country, uint32_t rules)
{
	report->countries[country].calls++;
	for (size_t i = 0; i < caller->place_count; i++) {
		if (caller->places[i].country == country) {
			caller->places[i].calls++;
			caller->places[i].rules |= rules;
			return true;
		}
	}
	if (!MAKE_ROOM(caller->places, caller->place_count)) {
		return false;
	}
	caller->places[caller->place_count++] = (struct report_place){country, 1, rules};
	report->countries[country].callers++;
	return true;
}

static bool add_call(struct report *report, const struct refusal_record *row)
{
	struct report_caller *caller = find_caller(report, row);
	size_t country = caller != NULL ? find_country(report, row) : SIZE_MAX;

	if (country == SIZE_MAX || !add_place(report, caller, country, report_rules_of(row->rules))) {
		return false;
	}
	report->calls++;
	report->first = report->first == 0 || row->time < report->first ? row->time : report->first;
	caller->calls++;
	caller->by_phone += row->leg == LEG_EXTENSION;
	caller->slipped += row->action == REFUSAL_SLIPPED;
	caller->rules |= report_rules_of(row->rules);
	/* That the account is blocked refuses it whatever `on` is. */
	caller->under_critical += row->rules[0] != '\0' && row->severity < SEVERITY_CRITICAL &&
				  strstr(row->rules, "blocked_account") == NULL;
	caller->first = row->time < caller->first ? row->time : caller->first;
	caller->last = row->time > caller->last ? row->time : caller->last;
	memcpy(caller->source, row->source, sizeof caller->source);
	memcpy(caller->dialed, row->dialed, sizeof caller->dialed);
	return true;
}

static bool add_block(struct report *report, const struct refusal_record *row)
{
	const char *name = row->about == REFUSAL_OF_SOURCE ? row->source : row->caller;

	for (size_t i = 0; i < report->block_count; i++) {
		struct report_block *block = &report->blocks[i];
		if (block->about == row->about && block->action == row->action &&
			strcmp(block->name, name) == 0) {
			block->times++;
			return true;
		}
	}
	if (!MAKE_ROOM(report->blocks, report->block_count)) {
		return false;
	}
	struct report_block *block = &report->blocks[report->block_count++];
	*block = (struct report_block){
		.about = row->about, .action = row->action, .times = 1, .first = row->time};
	snprintf(block->name, sizeof block->name, "%s", name);
	memcpy(block->reason, row->reason, sizeof block->reason);
	memcpy(block->incident, row->incident, sizeof block->incident);
	return true;
}

bool report_add(struct report *report, const struct refusal_record *row)
{
	return row->about == REFUSAL_OF_CALL ? add_call(report, row) : add_block(report, row);
}

static int compare(size_t one, size_t other)
{
	return one > other ? -1 : one < other;
}

static int compare_callers(const void *one, const void *other)
{
	const struct report_caller *a = one, *b = other;

	if (a->is_stranger != b->is_stranger) {
		return a->is_stranger ? 1 : -1;
	}
	int order = compare(a->calls, b->calls);
	return order != 0 ? order : strcmp(a->name, b->name);
}

static int compare_places(const void *one, const void *other)
{
	return compare(
		((const struct report_place *)one)->calls, ((const struct report_place *)other)->calls);
}

/* Who has most calls first; the callers' places follow. */
static void sort_countries(struct report *report)
{
	size_t count = report->country_count;
	struct report_country *sorted = calloc(count + 1, sizeof *sorted);
	size_t *ranks = calloc(count + 1, sizeof *ranks);

	for (size_t i = 0; sorted != NULL && ranks != NULL && i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			size_t one = report->countries[i].calls, other = report->countries[j].calls;
			ranks[i] += other > one || (other == one && j < i);
		}
		sorted[ranks[i]] = report->countries[i];
	}
	if (sorted == NULL || ranks == NULL) {
		free(sorted); /* then they are not in order */
		free(ranks);
		return;
	}
	for (size_t i = 0; i < report->caller_count; i++) {
		for (size_t j = 0; j < report->callers[i].place_count; j++) {
			size_t *country = &report->callers[i].places[j].country;
			*country = ranks[*country];
		}
	}
	free(ranks);
	free(report->countries);
	report->countries = sorted;
}

void report_sort(struct report *report)
{
	sort_countries(report);
	if (report->caller_count > 0) {
		qsort(report->callers, report->caller_count, sizeof *report->callers, compare_callers);
	}
	for (size_t i = 0; i < report->caller_count; i++) {
		struct report_caller *caller = &report->callers[i];
		qsort(caller->places, caller->place_count, sizeof *caller->places, compare_places);
	}
}

void report_free(struct report *report)
{
	for (size_t i = 0; i < report->caller_count; i++) {
		free(report->callers[i].places);
	}
	free(report->callers);
	free(report->countries);
	free(report->blocks);
	*report = (struct report){0};
}
