/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/incident/refusal.h"

#include "pbxguard/incident/decision_call.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char *const about_names[] = {"call", "source", "account"};
static_assert(sizeof about_names / sizeof about_names[0] == REFUSAL_ABOUT_COUNT, "each has a name");

static const char *const action_names[] = {
	"refused", "would_refuse", "ended", "slipped", "blocked", "would_block"};
static_assert(sizeof action_names / sizeof action_names[0] == REFUSAL_ACTION_COUNT, "each has a name");

const struct refusal_text refusal_texts[] = {
#define MEMBER(name)                                                                                         \
	{                                                                                                    \
#name, offsetof(struct refusal_record, name), sizeof((struct refusal_record *)NULL)->name    \
	}
	MEMBER(caller),
	MEMBER(source),
	MEMBER(dialed),
	MEMBER(number),
	MEMBER(country),
	MEMBER(country_name),
	MEMBER(prefix),
	MEMBER(reason),
	MEMBER(incident),
	MEMBER(call_id),
#undef MEMBER
};

const char *refusal_about_name(enum refusal_about about)
{
	return about_names[about];
}

const char *refusal_action_name(enum refusal_action action)
{
	return action_names[action];
}

/* A reason by itself: while one of them is left, the call is refused. */
static bool stops_call(const struct finding *finding, enum severity on)
{
	return (finding->proves & PROVES_CALL) != 0 && finding->severity >= on;
}

/* Named once, however many findings it has. What does not fit is left out whole. */
static void add_rule(struct refusal_record *record, const char *rule)
{
	size_t used = strlen(record->rules), size = strlen(rule);
	struct text rest = text_of(record->rules);

	while (!text_is_empty(rest)) {
		size_t end = text_find(rest, ' ');
		if (text_equal(text_part(rest, 0, end), text_of(rule))) {
			return;
		}
		rest = text_from(rest, end < rest.size ? end + 1 : end);
	}
	if (used + (used > 0) + size < sizeof record->rules) {
		snprintf(
			record->rules + used, sizeof record->rules - used, "%s%s", used > 0 ? " " : "", rule);
	}
}

static void add_findings(struct refusal_record *record, const struct findings *findings, enum severity on)
{
	for (int severity = SEVERITY_COUNT - 1; severity >= 0; severity--) {
		for (size_t i = 0; i < findings->count; i++) {
			const struct finding *finding = &findings->items[i];
			/* Our own, that the caller is blocked, is no graver than a warning. */
			bool is_own = strcmp(finding->rule, "blocked_account") == 0;
			if ((int)finding->severity != severity || !(is_own || stops_call(finding, on))) {
				continue;
			}
			if (record->rules[0] == '\0') {
				record->severity = finding->severity;
				snprintf(record->reason, sizeof record->reason, "%s", finding->reason);
			}
			add_rule(record, finding->rule);
		}
	}
}

static enum refusal_action action_of(const struct judgement *judgement)
{
	if (judgement->end_call) {
		return REFUSAL_ENDED;
	}
	return judgement->action == ACTION_WOULD_REFUSE || judgement->action == ACTION_WOULD_BLOCK
		       ? REFUSAL_WOULD_REFUSE
		       : REFUSAL_REFUSED;
}

bool refusal_of_call(const struct event *event, const struct findings *findings,
	const struct judgement *judgement, enum severity on, struct refusal_record *record)
{
	struct decision_call call;

	if (!judgement->is_about_call || judgement->is_repeated) {
		return false;
	}
	decision_call_of(event, &call);
	*record = (struct refusal_record){
		.time = event->time,
		.about = REFUSAL_OF_CALL,
		.action = action_of(judgement),
		.leg = event->leg,
	};
	address_format(&event->source.address, record->source);
	memcpy(record->caller, call.caller, sizeof record->caller);
	memcpy(record->dialed, call.dialed, sizeof record->dialed);
	memcpy(record->number, call.number, sizeof record->number);
	memcpy(record->country, call.country, sizeof record->country);
	memcpy(record->country_name, call.country_name, sizeof record->country_name);
	memcpy(record->prefix, call.prefix, sizeof record->prefix);
	memcpy(record->call_id, call.call_id, sizeof record->call_id);
	memcpy(record->incident, judgement->incident, sizeof record->incident);
	add_findings(record, findings, on);
	if (record->reason[0] == '\0') {
		snprintf(record->reason, sizeof record->reason, "%s", judgement->why);
	}
	return true;
}

void refusal_of_source(const struct block_request *request, bool is_done, struct refusal_record *record)
{
	const struct network network = {request->address, request->prefix_length};

	*record = (struct refusal_record){
		.time = request->time,
		.about = REFUSAL_OF_SOURCE,
		.action = is_done ? REFUSAL_BLOCKED : REFUSAL_WOULD_BLOCK,
		.severity = SEVERITY_CRITICAL,
		.leg = LEG_OUTSIDE,
	};
	network_format(&network, record->source);
	snprintf(record->reason, sizeof record->reason, "%s", request->reason);
	memcpy(record->incident, request->incident, sizeof record->incident);
}

void refusal_of_account(
	const struct blocked_account_record *account, bool is_done, struct refusal_record *record)
{
	*record = (struct refusal_record){
		.time = account->since,
		.about = REFUSAL_OF_ACCOUNT,
		.action = is_done ? REFUSAL_BLOCKED : REFUSAL_WOULD_BLOCK,
		.severity = SEVERITY_CRITICAL,
		.leg = LEG_UNKNOWN,
	};
	memcpy(record->caller, account->account, sizeof record->caller);
	snprintf(record->reason, sizeof record->reason, "%s", account->reason);
	memcpy(record->incident, account->incident, sizeof record->incident);
}
