/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One number dialled behind many prefixes (00, 9011, 000, 900, …): somebody looks for the way out of this
 * PBX. What stands in front of the last digits is compared as it was dialled, whatever the number reads as:
 * most of such strings reach nowhere, which is how the one that does is found. Strangers count too, and the
 * network of their address, as they may send each try from another.
 */
#include "pbxguard/rules/distinct_rule.h"

#include <stdio.h>
#include <string.h>

#define TAIL_DIGITS 9 /* that stay the same */
#define LEAD_MAX 16   /* characters in front of them; no prefix, carrier and country code have more */
#define NETWORK_BITS_IPV4 24
#define NETWORK_BITS_IPV6 64 /* what one customer has at least: RFC 6177 */

struct prefix_probing_settings {
	bool enabled;
	struct distinct_limits limits;
};

#define LIMIT(name, member, initial, not_below)                                                              \
	RULE_LIMIT(name, struct prefix_probing_settings, limits.member, "prefixes", initial, not_below)

static const struct setting settings_list[] = {
	RULE_ENABLED(struct prefix_probing_settings),
	LIMIT("minute_warning", short_warning, "3", NULL),
	LIMIT("minute_critical", short_critical, "10", "minute_warning"),
	LIMIT("day_warning", long_warning, "5", NULL),
	LIMIT("day_critical", long_critical, "10", "day_warning"),
};
static const struct setting_table settings_table = SETTING_TABLE(settings_list);

static const struct distinct_spans spans = {MINUTE, DAY};

static void *state_new(const void *opaque, size_t memory)
{
	const struct prefix_probing_settings *settings = opaque;

	return distinct_state_new(distinct_highest(&settings->limits), &spans, memory);
}

/* As everybody here dials a number at home: nobody probes by that, and it is what most calls are. */
static bool is_plain(const struct event *event)
{
	const struct dialed_number *number = event->number;
	bool is_direct = number->step_count == 0 ||
			 (number->step_count == 1 && number->steps[0].reason == DIAL_STEP_TRUNK_PREFIX);

	return event->leg != LEG_OUTSIDE && is_direct &&
	       (number->kind == NUMBER_DOMESTIC || number->kind == NUMBER_LOCAL);
}

static bool wants(const struct event *event)
{
	return (event->kind == EVENT_CALL_ATTEMPTED || event->kind == EVENT_CALL_IDENTIFIED) &&
	       event->is_outward && event->number->kind != NUMBER_INTERNAL && !is_plain(event);
}

/* ---- what was dialled, in two parts ---- */

struct parts {
	struct text tail;              /* points into the event */
	char lead[DIALED_DIGITS_SIZE]; /* "9011972" */
};

/* The digits at the end, but for a * or # behind them. False when they are too few for a telephone number. */
static bool split_tail(struct text *front, struct text *tail)
{
	size_t digits = 0;

	while (front->size > 0 &&
		(front->start[front->size - 1] == '#' || front->start[front->size - 1] == '*')) {
		front->size--;
	}
	while (digits < front->size && front->start[front->size - 1 - digits] >= '0' &&
		front->start[front->size - 1 - digits] <= '9') {
		digits++;
	}
	if (digits < TAIL_DIGITS) {
		return false;
	}
	*tail = text_from(*front, front->size - TAIL_DIGITS);
	front->size -= TAIL_DIGITS;
	return true;
}

/*
 * What is left in front, without codes like 184, which say how to place the call: who hides his number once
 * and not again has not tried another prefix.
 */
static void copy_lead(
	const struct dialed_number *number, struct text front, char lead[static DIALED_DIGITS_SIZE])
{
	size_t used = 0;

	for (size_t i = 0; i < number->step_count; i++) {
		struct text piece = text_of(number->steps[i].digits);
		if (!text_begins(front, piece)) {
			break;
		}
		if (number->steps[i].reason != DIAL_STEP_SERVICE_CODE) {
			memcpy(lead + used, piece.start, piece.size);
			used += piece.size;
		}
		front = text_from(front, piece.size);
	}
	text_copy(front, lead + used, DIALED_DIGITS_SIZE - used);
}

static bool part(const struct dialed_number *number, struct parts *parts)
{
	struct text front = text_of(number->digits);

	if (!split_tail(&front, &parts->tail)) {
		return false;
	}
	copy_lead(number, front, parts->lead);
	return strlen(parts->lead) <= LEAD_MAX;
}

/* ---- who dialled it ---- */

enum prober { PROBER_CALLER, PROBER_SOURCE, PROBER_NETWORK, PROBER_COUNT };

static struct network network_of(const struct address *address)
{
	struct network network = {.address = *address,
		.prefix_length = address->family == ADDRESS_IPV4 ? NETWORK_BITS_IPV4 : NETWORK_BITS_IPV6};
	size_t size = network.prefix_length / 8;

	memset(network.address.bytes + size, 0, sizeof network.address.bytes - size);
	return network;
}

static void name_network(const struct address *address, struct subject *subject)
{
	struct network network = network_of(address);
	char text[NETWORK_TEXT_SIZE];

	snprintf(subject->text, sizeof subject->text, "source:%s", network_format(&network, text));
	subject->name = subject->text + strlen("source:");
}

struct key {
	size_t size;
	char bytes[1 + SUBJECT_SIZE + TAIL_DIGITS];
};

static void add_to_key(struct key *key, const void *bytes, size_t size)
{
	memcpy(key->bytes + key->size, bytes, size);
	key->size += size;
}

/* Of addresses the bytes: this is asked about every call, and writing them as text takes its time. */
static void make_key(
	enum prober prober, const struct circumstances *circumstances, struct text tail, struct key *key)
{
	const char *caller = circumstances->subjects[SUBJECT_CALLER].name;
	const struct address *source = &circumstances->event->source.address;
	const struct network network = network_of(source);

	*key = (struct key){.size = 1, .bytes = {(char)prober}};
	add_to_key(key, tail.start, tail.size);
	switch (prober) {
	case PROBER_CALLER:
		add_to_key(key, caller, strlen(caller));
		break;
	case PROBER_SOURCE:
		add_to_key(key, source, sizeof *source);
		break;
	default:
		add_to_key(key, &network.address, sizeof network.address);
	}
}

static void report(const struct tally *tally, bool is_network, const struct parts *parts,
	const struct circumstances *circumstances, struct findings *findings)
{
	char whom[TALLY_WHOM_SIZE], span[DURATION_TEXT_SIZE];
	const char *prefixes = tally->count == 1 ? "prefix" : "prefixes";

	duration_format(tally->span, span);
	tally_whom(tally->subject, whom);
	if (is_network) {
		snprintf(whom, sizeof whom, "from the network %s", tally->subject->name);
	}
	struct finding *finding = tally_report_as("prefix_probing", tally, circumstances, findings,
		"Number that ends in %.*s dialled behind %u different %s %s within %s, now behind \"%s\"",
		TEXT_PRINT(parts->tail), tally->count, prefixes, whom, span, parts->lead);
	if (finding != NULL) {
		snprintf(finding->evidence, sizeof finding->evidence, "%u %s in %s (limit %u)", tally->count,
			prefixes, span, tally->limit);
	}
}

static void evaluate(
	const void *opaque, void *state, const struct circumstances *circumstances, struct findings *findings)
{
	const struct prefix_probing_settings *settings = opaque;
	const struct event *event = circumstances->event;
	const struct subject *source = &circumstances->subjects[SUBJECT_SOURCE];
	struct subject network = {.kind = SUBJECT_SOURCE, .counts = source->counts};
	const struct subject *const subjects[PROBER_COUNT] = {
		[PROBER_CALLER] = &circumstances->subjects[SUBJECT_CALLER],
		[PROBER_SOURCE] = source,
		[PROBER_NETWORK] = &network,
	};
	struct tally tallies[TALLIES_MAX], one;
	struct parts parts;
	struct key key;
	size_t reached = 0;

	if (!part(event->number, &parts)) {
		return;
	}
	for (int prober = 0; prober < PROBER_COUNT; prober++) {
		make_key(prober, circumstances, parts.tail, &key);
		if (subjects[prober]->counts &&
			distinct_tally(&settings->limits, &spans, state, subjects[prober],
				(struct text){key.bytes, key.size}, text_of(parts.lead), event->time, &one)) {
			reached = tally_add_wider(tallies, reached, &one);
		}
	}
	for (size_t i = 0; i < reached; i++) {
		if (tallies[i].subject == &network) {
			name_network(&event->source.address, &network);
		}
		report(&tallies[i], tallies[i].subject == &network, &parts, circumstances, findings);
	}
}

static void say_limits(
	const void *opaque, const struct circumstances *circumstances, struct limits_text *text)
{
	const struct prefix_probing_settings *settings = opaque;

	(void)circumstances;
	distinct_say_limits(text, "prefixes of one number", &settings->limits, &spans);
}

extern const struct rule prefix_probing_rule; /* as rules.c declares it */
const struct rule prefix_probing_rule = {
	.name = "prefix_probing",
	.settings = &settings_table,
	.settings_size = sizeof(struct prefix_probing_settings),
	.proves = PROVES_CALL | PROVES_CALLER | PROVES_SOURCE,
	.state_new = state_new,
	.state_free = distinct_state_free,
	.adopt = distinct_state_adopt,
	.evicted = distinct_state_evicted,
	.wants = wants,
	.evaluate = evaluate,
	.say_limits = say_limits,
};
