/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/rules/circumstances.h"

#include <assert.h>
#include <string.h>

#define CALLER_KIND "caller:"
#define SOURCE_KIND "source:"

/* The PBX sends on what a stranger has asked for. */
static bool is_strangers_call_let_in(const struct event *event)
{
	return event->kind == EVENT_CALL_JOINED && event->is_from_stranger;
}

bool circumstances_is_inbound(const struct event *event)
{
	return event->leg == LEG_TRUNK_IN && !event->is_outward;
}

bool circumstances_is_abroad(const struct event *event)
{
	return event->is_outward && event->number->kind == NUMBER_INTERNATIONAL;
}

bool circumstances_is_try(const struct event *event)
{
	return (event->kind == EVENT_CALL_ATTEMPTED || event->kind == EVENT_CALL_IDENTIFIED ||
		       is_strangers_call_let_in(event)) &&
	       circumstances_is_abroad(event);
}

/* What comes of a call after it was tried. */
static bool is_later(const struct event *event)
{
	return event->kind > EVENT_CALL_JOINED;
}

/* Whoever is put through is no mere scanner, but that proves no caller. */
static bool is_put_through(const struct event *event)
{
	return event->answered != 0;
}

static bool is_strangers(const struct event *event)
{
	return event->leg == LEG_OUTSIDE && !event->has_account;
}

static void name_caller(struct subject *subject, struct text caller)
{
	size_t kind_size = sizeof CALLER_KIND - 1;

	memcpy(subject->text, CALLER_KIND, kind_size);
	subject->name = subject->text + kind_size;
	text_make_safe(text_is_empty(caller) ? TEXT("unknown") : caller, subject->text + kind_size,
		sizeof subject->text - kind_size);
}

void subject_of_caller(struct text name, struct subject *subject)
{
	*subject = (struct subject){.kind = SUBJECT_CALLER, .counts = true};
	name_caller(subject, name);
}

static void name_source(struct subject *subject, const struct address *address)
{
	static_assert(sizeof SOURCE_KIND - 1 + ADDRESS_TEXT_SIZE <= SUBJECT_SIZE, "each address fits");
	size_t kind_size = sizeof SOURCE_KIND - 1;

	memcpy(subject->text, SOURCE_KIND, kind_size);
	subject->name = address_format(address, subject->text + kind_size);
}

static bool source_stands_for_everybody(const struct event *event, const struct site *site)
{
	return event->leg == LEG_TRUNK_OUT || site_is_pbx(site, &event->source.address);
}

/* Anybody outside can write any caller into an INVITE. */
static bool is_unproven(const struct event *event)
{
	return (event->kind == EVENT_CALL_ATTEMPTED || (is_later(event) && !is_put_through(event))) &&
	       is_strangers(event);
}

static bool caller_counts(const struct event *event)
{
	return event->kind == EVENT_CALL_IDENTIFIED ||
	       ((event->kind == EVENT_CALL_ATTEMPTED || is_later(event)) && !is_strangers(event));
}

static bool source_counts(const struct event *event, const struct site *site)
{
	return (event->kind == EVENT_CALL_ATTEMPTED || is_later(event)) &&
	       event->source.address.family != ADDRESS_NONE && !source_stands_for_everybody(event, site);
}

/* Once a call: when it is tried, or of a stranger's when it turns out to be more than a scanner's try. */
static bool site_counts(const struct event *event)
{
	return is_strangers_call_let_in(event) ||
	       ((event->kind == EVENT_CALL_ATTEMPTED || is_later(event)) && !is_unproven(event)) ||
	       (event->kind == EVENT_CALL_IDENTIFIED && event->leg == LEG_OUTSIDE);
}

static void name_subjects(
	const struct event *event, const struct site *site, struct subject subjects[SUBJECT_KIND_COUNT])
{
	struct subject *site_subject = &subjects[SUBJECT_SITE];

	subjects[SUBJECT_CALLER] = (struct subject){.kind = SUBJECT_CALLER, .counts = caller_counts(event)};
	name_caller(&subjects[SUBJECT_CALLER], event->caller);
	subjects[SUBJECT_SOURCE] =
		(struct subject){.kind = SUBJECT_SOURCE, .counts = source_counts(event, site)};
	name_source(&subjects[SUBJECT_SOURCE], &event->source.address);
	*site_subject = (struct subject){.kind = SUBJECT_SITE, .counts = site_counts(event), .text = "site"};
	site_subject->name = site_subject->text;
}

const struct subject *circumstances_narrowest(const struct circumstances *circumstances)
{
	const struct subject *subject = circumstances->subjects;

	while (!subject->counts && subject < &circumstances->subjects[SUBJECT_SITE]) {
		subject++;
	}
	return subject;
}

/* ---- the caller's group */

static bool is_caller_proven(const struct event *event)
{
	bool is_named_by_credentials = event->kind == EVENT_CALL_IDENTIFIED || event->has_account;

	return caller_counts(event) && (is_named_by_credentials || event->leg == LEG_EXTENSION);
}

const struct caller_group *circumstances_group(
	const struct event *event, const struct surroundings *surroundings)
{
	if (!is_caller_proven(event)) {
		return NULL;
	}
	return caller_group_find(surroundings->groups, surroundings->group_count, event->caller, NULL);
}

void circumstances_read_lists(const struct event *event, const struct caller_group *group,
	const struct surroundings *surroundings, struct destination_reading *reading)
{
	struct destination_reading own;

	destination_lists_read(surroundings->lists, event->number->e164, event->destination, reading);
	if (group != NULL && group->lists != NULL) {
		destination_lists_read(group->lists, event->number->e164, event->destination, &own);
		reading->permission = own.permission;
		reading->entry = own.entry;
	}
}

void circumstances_read_calendar(instant when, const struct caller_group *group,
	const struct surroundings *surroundings, struct calendar_reading *reading)
{
	bool has_own = group != NULL && group->calendar != NULL;

	calendar_read(has_own ? group->calendar : surroundings->calendar, when, reading);
}

const struct calendar_reading *circumstances_calendar(
	const struct circumstances *circumstances, struct calendar_reading *buffer)
{
	if (circumstances->has_calendar) {
		return &circumstances->calendar;
	}
	circumstances_read_calendar(
		circumstances->event->time, circumstances->group, circumstances->surroundings, buffer);
	return buffer;
}

void circumstances_of(const struct event *event, const struct surroundings *surroundings,
	struct circumstances *circumstances)
{
	if (circumstances_is_inbound(event)) {
		*circumstances = (struct circumstances){.event = event, .site = surroundings->site};
		return;
	}
	circumstances->event = event;
	circumstances->site = surroundings->site;
	circumstances->rates = surroundings->rates;
	circumstances->group = circumstances_group(event, surroundings);
	circumstances_read_lists(event, circumstances->group, surroundings, &circumstances->destination);
	circumstances->surroundings = surroundings;
	circumstances->has_calendar = circumstances_is_abroad(event);
	if (circumstances->has_calendar) {
		circumstances_read_calendar(
			event->time, circumstances->group, surroundings, &circumstances->calendar);
	}
	circumstances->is_unproven = is_unproven(event);
	name_subjects(event, surroundings->site, circumstances->subjects);
}
