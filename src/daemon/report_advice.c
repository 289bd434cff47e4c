/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/report.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Of what a rule's advice is made. */
enum advice {
	ADVICE_ALLOW = 1 << 0, /* destinations.allow takes the place out of this rule (docs/rules.md) */
	ADVICE_DENY = 1 << 1,  /* and where it is denied by name, that goes first */
	ADVICE_GROUP = 1 << 2, /* a group of callers may have the rule's settings of its own */
};

/* Each rule that can be a reason to refuse a call, and our own: docs/rules.md says of each how to tune it. */
static const struct {
	const char *rule;
	unsigned advice;
	const char *words; /* what else helps */
	const char *group; /* settings of a group of callers for this rule */
} rules[] = {
	{"denied_destination", ADVICE_ALLOW | ADVICE_DENY, NULL, NULL},
	{"high_risk_destination", ADVICE_ALLOW, NULL, NULL},
	{"country_spread", ADVICE_ALLOW, NULL, NULL},
	{"number_range", ADVICE_ALLOW, NULL, NULL},
	{"off_hours", ADVICE_GROUP,
		"the true hours of work in calendar.business_hours, with holidays and closed days: at these times calls "
		"abroad are not off hours",
		"off_hours = { enabled = false; }"},
	{"call_burst", ADVICE_GROUP,
		"so many calls an hour for all callers: rules.call_burst.site_hour_critical",
		"call_burst = { minute_warning = 10; minute_critical = 20; hour_warning = 20; hour_critical = 40; }"},
	{"concurrent_calls", ADVICE_GROUP,
		"a gateway or second PBX belongs into site.pbx; many who call one branch abroad at once: "
		"rules.concurrent_calls.range_critical; half of all lines at once: site_critical there",
		"concurrent_calls = { warning = 8; critical = 12; }"},
	{"long_call", ADVICE_GROUP,
		"of listed countries the longer limits hold when destinations.allow names them",
		"long_call = { warning = \"4h\"; critical = \"8h\"; listed_warning = \"4h\"; listed_critical = \"8h\"; }"},
	{"relay", 0,
		"calls that are forwarded abroad, or dialled through the PBX from outside (DISA): look at the PBX first; "
		"if people do that daily, rules.relay.critical = 10, or rules.relay.enabled = false",
		NULL},
	{"forged_caller_id", 0, "the number that was shown belongs into site.numbers", NULL},
	{"dial_injection", 0,
		"what was dialled has characters that no phone dials: filter it on the PBX; without this rule: "
		"rules.dial_injection.enabled = false",
		NULL},
	{"callback_bait", 0, "calling back who rang in from abroad: rules.callback_bait.enabled = false",
		NULL},
	{"prefix_probing", 0,
		"one number tried behind many prefixes: rules.prefix_probing.minute_critical and day_critical",
		NULL},
	{"spend", ADVICE_GROUP,
		"the prices of your contract in rates.table; for all callers together: rules.spend.site_hour_critical "
		"and site_day_critical",
		"spend = { hour_warning = 20000; hour_critical = 30000; day_warning = 40000; day_critical = 60000; }"},
	{"blocked_account", 0, NULL, NULL},
};

#define RULES (sizeof rules / sizeof rules[0])
static_assert(RULES <= 32, "each rule has its bit");

size_t report_rules_count(void)
{
	return RULES;
}

const char *report_rule_name(size_t bit)
{
	return rules[bit].rule;
}

uint32_t report_rules_of(const char *names)
{
	uint32_t bits = 0;

	for (struct text rest = text_of(names); !text_is_empty(rest);) {
		size_t end = text_find(rest, ' ');
		for (size_t i = 0; i < RULES; i++) {
			if (text_equal(text_part(rest, 0, end), text_of(rules[i].rule))) {
				bits |= UINT32_C(1) << i;
			}
		}
		rest = text_from(rest, end + (end < rest.size));
	}
	return bits;
}

/* ---- lines ---- */

static bool say(char *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool say(char *line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, REPORT_ADVICE_SIZE, format, arguments);
	va_end(arguments);
	return true;
}

/* Nothing in it means something to a configuration, a shell or a pattern. */
static bool is_plain(const char *text)
{
	return text[0] != '\0' && text[0] != '-' &&
	       strspn(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+._-") ==
		       strlen(text);
}

static bool has_advice(uint32_t bits, unsigned advice)
{
	for (size_t i = 0; i < RULES; i++) {
		if ((bits & UINT32_C(1) << i) != 0 && (rules[i].advice & advice) != 0) {
			return true;
		}
	}
	return false;
}

/*
 * "SL", "+882": as destinations.allow takes them, where that helps. (Of a blocked account other places are
 * refused, too, and need not be allowed.) False: there is none.
 */
static bool write_places(
	const struct report *report, const struct report_caller *caller, char *places, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < caller->place_count; i++) {
		const struct report_country *country = &report->countries[caller->places[i].country];
		const bool has_country = country->country[0] != '\0';
		const char *name = has_country ? country->country : country->prefix;
		if (!has_advice(caller->places[i].rules, ADVICE_ALLOW) || !is_plain(name) ||
			size - used < DESTINATION_PREFIX_SIZE + sizeof ", \"+\"") {
			continue;
		}
		used += (size_t)snprintf(places + used, size - used, "%s\"%s%s\"", used > 0 ? ", " : "",
			has_country ? "" : "+", name);
	}
	return used > 0;
}

/* ---- the lines, in their order; false: this one does not apply ---- */

static bool say_outside(const struct report *report, const struct report_caller *caller, char *line)
{
	(void)report;
	return caller->is_stranger &&
	       say(line,
		       "it came from %s, which is neither a phone nor a trunk: if that is a phone of yours, its network "
		       "belongs into site.extensions",
		       caller->source);
}

static bool say_allow(const struct report *report, const struct report_caller *caller, char *line)
{
	char places[256];

	return write_places(report, caller, places, sizeof places) &&
	       say(line, "destinations.allow = [ %s ];  besides what it has: everybody may call there%s",
		       places,
		       has_advice(caller->rules, ADVICE_DENY)
			       ? "; where destinations.deny names the same place, take it out there"
			       : "");
}

static bool say_release(const struct report *report, const struct report_caller *caller, char *line)
{
	(void)report;
	return (caller->rules & report_rules_of("blocked_account")) != 0 &&
	       (report->period.mode == ACTION_MODE_BLOCK && is_plain(caller->name)
			       ? say(line,
					 "sudo pbxguardctl release caller:%s  ends that its calls abroad are refused",
					 caller->name)
			       : say(line,
					 "most of it follows from an account that is blocked, see there: what lets its "
					 "first call by lets these by, too"));
}

static bool say_group(const struct report *report, const struct report_caller *caller, char *line)
{
	char places[128], settings[512] = "";
	size_t used = 0;
	bool has_places = write_places(report, caller, places, sizeof places);

	if (!is_plain(caller->name) || (!has_places && !has_advice(caller->rules, ADVICE_GROUP))) {
		return false;
	}
	for (size_t i = 0; i < RULES; i++) {
		bool is_his = (caller->rules & UINT32_C(1) << i) != 0 && rules[i].group != NULL;
		if (is_his && used + strlen(rules[i].group) + sizeof " ;" < sizeof settings) {
			used += (size_t)snprintf(
				settings + used, sizeof settings - used, " %s;", rules[i].group);
		}
	}
	return say(line,
		"callers = ( { name = \"%s\"; match = [ \"%s\" ];%s%s%s%s%s%s } );  for this caller alone%s%s",
		caller->name, caller->name, has_places ? " allow = [ " : "", has_places ? places : "",
		has_places ? " ];" : "", used > 0 ? " rules = {" : "", settings, used > 0 ? " };" : "",
		has_places ? ", in the place of what destinations.allow has" : "",
		caller->by_phone > 0
			? ""
			: "; it holds only for calls that come from site.extensions, or show credentials");
}

static bool say_on(const struct report *report, const struct report_caller *caller, char *line)
{
	(void)report;
	return caller->under_critical > 0 &&
	       say(line,
		       "actions.block.on = \"critical\";  lets %zu of them by, which were no graver than a warning",
		       caller->under_critical);
}

static bool say_try(const struct report *report, const struct report_caller *caller, char *line)
{
	(void)report;
	return is_plain(caller->name) && is_plain(caller->dialed) &&
	       say(line, "pbxguard --check-number %s --caller %s  says what the rules make of it then",
		       caller->dialed, caller->name);
}

static bool (*const lines[])(const struct report *report, const struct report_caller *caller, char *line) = {
	say_outside, say_allow, say_group, say_release, say_on};

#define LINES (sizeof lines / sizeof lines[0])

bool report_advise(const struct report *report, const struct report_caller *caller, size_t *place,
	char line[static REPORT_ADVICE_SIZE])
{
	while (*place < LINES) {
		if (lines[(*place)++](report, caller, line)) {
			return true;
		}
	}
	while (*place < LINES + RULES) {
		size_t i = (*place)++ - LINES;
		if ((caller->rules & UINT32_C(1) << i) != 0 && rules[i].words != NULL) {
			return say(line, "%s: %s", rules[i].rule, rules[i].words);
		}
	}
	return (*place)++ == LINES + RULES && say_try(report, caller, line);
}
