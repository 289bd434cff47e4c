/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many events a second all rules can be asked about, and what each of them takes alone: events as the
 * call layer makes them, of two mixes, straight into rules_evaluate on one core. Default settings and files.
 *
 *   trunk   what a busy trunk carries, as script/bench's mixed capture: calls that come in, go out and stay
 *           inside; one in fifty goes abroad. Every event of each: attempted, joined, ringing, answered,
 * still up, ended. abroad  the worst: only calls abroad, of 100,000 callers from as many addresses, so that
 * each rule has something to count and nearly each event is found by some.
 */
#include "pbxguard/config/config.h"
#include "pbxguard/config/config_errors.h"
#include "pbxguard/config/data_folders.h"
#include "pbxguard/decode/sip_parser.h"
#include "pbxguard/rules/rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EVENTS 600000
#define CALLS_MAX EVENTS
#define NUMBERS 4096                                   /* that are dialled */
#define START ((instant)1784246400 * (instant)1000000) /* 2026-07-17T09:00:00+09:00, a Friday */
#define ROUNDS 3

enum way { WAY_IN, WAY_HOME, WAY_INSIDE, WAY_ABROAD, WAY_COUNT };

struct mix {
	const char *name;
	unsigned share[WAY_COUNT]; /* of a thousand calls */
	uint32_t callers;
	duration between; /* calls */
	uint32_t minutes; /* that a call lasts at most */
};

static const struct mix mixes[] = {
	{"trunk", {300, 500, 180, 20}, 2000, SECOND / 20, 5},
	{"abroad", {0, 0, 0, 1000}, 100000, SECOND / 1000, 1},
};

struct call {
	enum way way;
	uint32_t caller, number;
	instant attempted, answered, ended;
};

struct moment {
	instant time;
	uint32_t call;
	enum event_kind kind;
};

static struct call calls[CALLS_MAX];
static struct moment moments[EVENTS + 64];
static struct dialed_number numbers[WAY_COUNT][NUMBERS];
static const struct destination *destinations[NUMBERS]; /* of those abroad */
static uint32_t dice_state;

static uint32_t dice(uint32_t below)
{
	dice_state = dice_state * 1664525 + 1013904223; /* Numerical Recipes */
	return (uint32_t)(((uint64_t)dice_state * below) >> 32);
}

/* ---- what is dialled ---- */

static void dial(const struct config *config, enum way way, uint32_t index)
{
	static const char *const countries[] = {"1212555", "1415555", "44207946", "49302312", "33123456",
		"8610655", "82255501", "88622555", "61255501", "6565550", "6625550", "9122255", "23222123",
		"1246555", "25420555", "5371234"};
	const size_t count = sizeof countries / sizeof countries[0];
	char dialed[32];
	struct sip_uri uri;

	switch (way) {
	case WAY_ABROAD:
		snprintf(dialed, sizeof dialed, "010%s%04" PRIu32, countries[index % count], index);
		break;
	case WAY_INSIDE:
		snprintf(dialed, sizeof dialed, "1%03" PRIu32, index % 1000);
		break;
	default:
		snprintf(dialed, sizeof dialed, "031234%04" PRIu32, index);
	}
	sip_parse_dialed(text_of(dialed), &uri);
	struct dialed_number *number = &numbers[way][index];
	dial_plan_read(&config->dial_plan, &config->settings.site, &uri, false, number);
	if (way == WAY_ABROAD) {
		destinations[index] = destination_find(config->destination_table, text_of(number->e164 + 1));
	}
}

/* ---- what happens when ---- */

static enum way choose_way(const struct mix *mix)
{
	uint32_t chance = dice(1000);
	int way = 0;

	while (chance >= mix->share[way]) {
		chance -= mix->share[way++];
	}
	return (enum way)way;
}

static size_t add_moment(size_t count, uint32_t call, enum event_kind kind, instant time)
{
	if (count < EVENTS) {
		moments[count++] = (struct moment){time, call, kind};
	}
	return count;
}

/* Nine of ten calls are answered; followed are those that come in and those abroad. */
static size_t add_call(const struct mix *mix, size_t count, uint32_t index, instant attempted)
{
	struct call *call = &calls[index];

	*call = (struct call){.way = choose_way(mix),
		.caller = dice(mix->callers),
		.number = dice(NUMBERS),
		.attempted = attempted};
	count = add_moment(count, index, EVENT_CALL_ATTEMPTED, attempted);
	if (call->way == WAY_HOME || call->way == WAY_ABROAD) {
		count = add_moment(count, index, EVENT_CALL_JOINED, attempted + SECOND / 20);
	}
	if (call->way == WAY_HOME || call->way == WAY_INSIDE) {
		return count;
	}
	count = add_moment(count, index, EVENT_CALL_RINGING, attempted + SECOND / 5);
	if (dice(10) == 0) {
		return add_moment(count, index, EVENT_CALL_CANCELLED, attempted + 20 * SECOND);
	}
	call->answered = attempted + 4 * SECOND;
	call->ended = call->answered + (instant)(1 + dice(mix->minutes * 60)) * SECOND;
	count = add_moment(count, index, EVENT_CALL_ANSWERED, call->answered);
	for (instant at = call->answered + CALL_STILL_UP_EVERY; at < call->ended; at += CALL_STILL_UP_EVERY) {
		count = add_moment(count, index, EVENT_CALL_STILL_UP, at);
	}
	return add_moment(count, index, EVENT_CALL_ENDED, call->ended);
}

static int earlier(const void *a, const void *b)
{
	const struct moment *one = a, *other = b;

	if (one->time != other->time) {
		return one->time < other->time ? -1 : 1;
	}
	return (one->call > other->call) - (one->call < other->call);
}

static void plan(const struct mix *mix)
{
	size_t count = 0;

	dice_state = 1;
	for (uint32_t i = 0; count < EVENTS; i++) {
		count = add_call(mix, count, i, START + (instant)i * mix->between);
	}
	qsort(moments, EVENTS, sizeof moments[0], earlier);
}

/* ---- an event ---- */

static struct endpoint endpoint_of(uint32_t address)
{
	struct endpoint endpoint = {.address = {.family = ADDRESS_IPV4}, .port = 5060};

	for (int i = 0; i < 4; i++) {
		endpoint.address.bytes[i] = (uint8_t)(address >> (24 - 8 * i));
	}
	return endpoint;
}

struct names {
	char call_id[32], caller[16], dialed[32];
};

static void make_event(const struct moment *moment, struct names *names, struct event *event)
{
	const struct call *call = &calls[moment->call];
	const struct dialed_number *number = &numbers[call->way][call->number];
	bool is_in = call->way == WAY_IN, is_followed = is_in || call->way == WAY_ABROAD;
	const struct endpoint pbx = endpoint_of(0xC000020A), carrier = endpoint_of(0xCB007102),
			      phone = endpoint_of(0x0A000000 + call->caller);
	bool is_trunk_leg = moment->kind == EVENT_CALL_JOINED;

	snprintf(names->call_id, sizeof names->call_id, "%08" PRIx32 "@192.0.2.10", moment->call);
	snprintf(names->caller, sizeof names->caller, is_in ? "09%08" PRIu32 : "%" PRIu32,
		1000 + call->caller);
	*event = (struct event){
		.kind = moment->kind,
		.time = moment->time,
		.call_id = text_of(names->call_id),
		.caller = text_of(names->caller),
		.from_user = text_of(names->caller),
		.dialed = text_of(number->digits),
		.user_agent = TEXT("OfficePhone/2.1"),
		.leg = is_in          ? LEG_TRUNK_IN
		       : is_trunk_leg ? LEG_TRUNK_OUT
				      : LEG_EXTENSION,
		.is_outward = !is_in && call->way != WAY_INSIDE,
		.source = is_in          ? carrier
			  : is_trunk_leg ? pbx
					 : phone,
		.destination_endpoint = is_trunk_leg ? carrier : pbx,
		.number = number,
		.destination = call->way == WAY_ABROAD ? destinations[call->number] : NULL,
		.call = is_followed ? moment->call + 1 : 0,
		.attempted = call->attempted,
		.answered = moment->time >= call->answered ? call->answered : 0,
		.up = call->answered != 0 && moment->time > call->answered ? moment->time - call->answered
									   : 0,
		.ended_by = moment->kind == EVENT_CALL_ENDED ? CALL_END_CALLER : CALL_END_NONE,
	};
}

/* ---- measuring ---- */

static double cpu_seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Only that rule; rules_count(): all; above: none. */
static struct rules *rules_with(struct config *config, size_t only)
{
	const struct surroundings surroundings = {.site = &config->settings.site,
		.calendar = config->calendar,
		.lists = config->destination_lists,
		.memory = limits_rules(&config->settings.limits),
		.rates = config->rates};

	for (size_t i = 0; i < rules_count(); i++) {
		const struct setting *enabled = setting_find(rules_at(i)->settings, TEXT("enabled"));
		char *settings = rules_settings_at(config->rules, i);
		*(bool *)(settings + enabled->offset) = only == rules_count() || only == i;
	}
	return rules_new(config->rules, &surroundings);
}

/* Seconds for all events, the quickest of some runs: other programs only make it slower. */
static double run(struct config *config, size_t only, uint64_t *found)
{
	double quickest = 0;

	for (int round = 0; round < ROUNDS; round++) {
		struct rules *rules = rules_with(config, only);
		struct findings findings;
		struct names names;
		struct event event;
		if (rules == NULL) {
			exit(1);
		}
		*found = 0;
		double start = cpu_seconds();
		for (size_t i = 0; i < EVENTS; i++) {
			make_event(&moments[i], &names, &event);
			rules_evaluate(rules, &event, &findings);
			*found += findings.count;
		}
		double took = cpu_seconds() - start;
		rules_free(rules);
		quickest = round == 0 || took < quickest ? took : quickest;
	}
	return quickest;
}

static void measure(struct config *config, const struct mix *mix)
{
	uint64_t found;

	plan(mix);
	double nothing = run(config, rules_count() + 1, &found);
	double all = run(config, rules_count(), &found) - nothing;
	printf("%s: %.0f events a second through all rules, %.2f us each; %.1f findings in 100 events\n",
		mix->name, EVENTS / all, all / EVENTS * 1e6, (double)found * 100 / EVENTS);
	for (size_t i = 0; i < rules_count(); i++) {
		double alone = run(config, i, &found) - nothing;
		printf("  %-24s %6.3f us an event; %5.1f findings in 100\n", rules_at(i)->name,
			alone / EVENTS * 1e6, (double)found * 100 / EVENTS);
	}
	fflush(stdout);
}

static struct config *read_config(void)
{
	struct config_errors *errors = calloc(1, sizeof *errors);
	struct data_folders folders = {0};

	data_folders_add(&folders, SOURCE_ROOT "/conf");
	struct config *config =
		errors == NULL ? NULL : config_new_with_folders(NULL, &folders, START, errors);
	free(errors);
	if (config != NULL) {
		strcpy(config->settings.site.numbers[config->settings.site.number_count++], "+81312345678");
	}
	return config;
}

int main(void)
{
	struct config *config = read_config();

	if (config == NULL) {
		fprintf(stderr, "rules_speed: could not read the default configuration\n");
		return 1;
	}
	for (enum way way = 0; way < WAY_COUNT; way++) {
		for (uint32_t i = 0; i < NUMBERS; i++) {
			dial(config, way, i);
		}
	}
	for (size_t i = 0; i < sizeof mixes / sizeof mixes[0]; i++) {
		measure(config, &mixes[i]);
	}
	config_free(config);
	return 0;
}
