/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --check-config and --check-number: says how pbxguard understands what it is given. */
#include "pbxguard/base/local_time.h"
#include "pbxguard/call/dial_plan.h"
#include "pbxguard/daemon/start.h"
#include "pbxguard/decode/sip_parser.h"
#include "pbxguard/incident/decision.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int explain_config(struct start *start)
{
	char *summary = config_summary(start->config, instant_now());

	if (summary == NULL) {
		log_write(&start->log, LOG_LEVEL_ERROR, "could not sum the configuration up: no memory");
		return EXIT_COULD_NOT;
	}
	fputs(summary, stdout);
	free(summary);
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_COULD_NOT;
}

/* What an operator sees of one row: a word, then the rest of the line. */
static void row(const char *word, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void row(const char *word, const char *format, ...)
{
	va_list arguments;

	printf("%-12s ", word);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}

static const char *kind_sentence(const struct dialed_number *number)
{
	static const char *const sentences[NUMBER_KIND_COUNT] = {
		[NUMBER_UNRECOGNISED] = "unrecognised: fits no form of the dial plan",
		[NUMBER_INTERNAL] = "internal: an extension, a feature code or a name",
		[NUMBER_EMERGENCY] = "an emergency number: never counted, never refused",
		[NUMBER_SERVICE] = "a public service: never counted, never refused",
		[NUMBER_DOMESTIC] = "a domestic number",
		[NUMBER_LOCAL] = "a local number",
		[NUMBER_CARRIER_SERVICE] = "a service of a carrier",
		[NUMBER_INTERNATIONAL] = "a number abroad",
	};

	return number->by_foreign_prefix
		       ? "a number abroad, behind another country's prefix that reaches nowhere here"
		       : sentences[number->kind];
}

static void print_reading(const struct dialed_number *number)
{
	row("is", "%s%s%s%s", kind_sentence(number), number->form[0] != '\0' ? " (" : "", number->form,
		number->form[0] != '\0' ? ")" : "");
	for (size_t i = 0; i < number->step_count; i++) {
		row(i == 0 ? "stripped" : "", "%-8s %s", number->steps[i].digits,
			dial_step_reason_text(number->steps[i].reason));
	}
	row("E.164", "%s", number->e164[0] != '\0' ? number->e164 : "none");
}

static void print_rate(
	const struct rates *rates, const struct event *event, const struct destination_reading *reading)
{
	char minute[MONEY_TEXT_SIZE], setup[MONEY_TEXT_SIZE];
	struct rate rate;

	rates_find(rates, event->number->e164, event->destination, reading, &rate);
	row("costs", "about %s for each minute begun%s%s, by %s%s",
		money_format(rate.per_minute, rates_currency(rates), minute),
		rate.setup > 0 ? ", and to begin with " : "",
		rate.setup > 0 ? money_format(rate.setup, rates_currency(rates), setup) : "",
		rate.guess == NULL ? "the rate of +" : "rates.",
		rate.guess == NULL ? rate.prefix : rate.guess);
}

static void print_destination(const struct event *event, const struct surroundings *surroundings)
{
	static const char *const permissions[] = {
		[DESTINATION_UNMENTIONED] = "neither denied nor allowed",
		[DESTINATION_DENIED] = "denied",
		[DESTINATION_ALLOWED] = "allowed",
	};
	const struct destination *destination = event->destination;
	struct destination_reading reading;

	if (destination == NULL) {
		row("leads to", "%s",
			event->number->e164[0] != '\0' ? "no country: the code is assigned to nobody" : "-");
		return;
	}
	row("leads to", "%s%s%s (%s), by the prefix +%s, %s", destination->name,
		destination->country[0] != '\0' ? ", " : "", destination->country, destination->name_ja,
		destination->prefix, destination_kind_name(destination->kind));
	if (event->number->kind != NUMBER_INTERNATIONAL) {
		return;
	}
	circumstances_read_lists(event, circumstances_group(event, surroundings), surroundings, &reading);
	row("lists", "%s%s; %s%s%s", reading.high_risk != NULL ? "high-risk, by the entry " : "not high-risk",
		reading.high_risk != NULL ? reading.high_risk : "", permissions[reading.permission],
		reading.entry != NULL ? ", by the entry " : "", reading.entry != NULL ? reading.entry : "");
	print_rate(surroundings->rates, event, &reading);
}

static void print_time(const struct event *event, const struct surroundings *surroundings)
{
	char text[INSTANT_TEXT_SIZE];
	struct calendar_reading reading;

	circumstances_read_calendar(
		event->time, circumstances_group(event, surroundings), surroundings, &reading);
	row("at", "%s: %s%s", instant_format_short(event->time, text), reading.is_open ? "" : "closed, ",
		reading.text);
}

/* As a phone of the site, or with credentials: else nobody is of a group. */
static void print_caller(const char *caller, const struct surroundings *surroundings)
{
	const char *pattern;
	const struct caller_group *group =
		caller_group_find(surroundings->groups, surroundings->group_count, text_of(caller), &pattern);

	if (group != NULL) {
		row("caller", "%s, of the group %s, by the pattern %s", caller, group->settings.name,
			pattern);
	} else if (surroundings->group_count > 0) {
		row("caller", "%s, of no group: the site's settings hold", caller);
	} else {
		row("caller", "%s", caller);
	}
}

static const char *silence_of(const struct config *config, const struct caller_group *group, size_t rule)
{
	if (!rules_settings_enabled(group != NULL ? group->rules : config->rules, rule)) {
		return group != NULL && rules_settings_enabled(config->rules, rule)
			       ? "switched off for this group"
			       : "switched off";
	}
	return rules_at(rule)->of_one_call != NULL ? rules_at(rule)->of_one_call : "nothing";
}

/* Each rule on its own line, also what has nothing to say: so that silence can be told from absence. */
static void print_rules(
	const struct config *config, const struct caller_group *group, const struct findings *findings)
{
	for (size_t i = 0; i < rules_count(); i++) {
		const char *name = rules_at(i)->name, *word = i == 0 ? "one such call" : "";
		bool said = false;
		for (size_t j = 0; j < findings->count; j++) {
			const struct finding *finding = &findings->items[j];
			if (strcmp(finding->rule, name) == 0) {
				printf("%-12s %s: %s: %s\n", said ? "" : word, name,
					severity_name(finding->severity), finding->reason);
				said = true;
			}
		}
		if (!said) {
			row(word, "%s: %s", name, silence_of(config, group, i));
		}
	}
}

/* From when on more of such calls would be told. Emergency numbers and public services never are. */
static void print_limits(const struct config *config, const struct caller_group *group,
	const struct rules *rules, const struct event *event)
{
	bool is_first = true;

	for (size_t i = 0; i < rules_count(); i++) {
		struct limits_text limits;
		if (rules_settings_enabled(group != NULL ? group->rules : config->rules, i)) {
			rules_say_limits(rules, i, event, &limits);
			row(is_first ? "limits" : "", "%s: %s", rules_at(i)->name, limits.text);
			is_first = false;
		}
	}
}

static bool read_time(const struct start *start, instant *when)
{
	const char *at = start->options.at;

	if (at == NULL) {
		*when = instant_now();
		return true;
	}
	if (!instant_parse(text_of(at), when)) {
		log_write(&start->log, LOG_LEVEL_ERROR,
			"--at %s: is not a time; write 2026-11-22T02:13:05+09:00 or \"2026-11-22 02:13\"",
			at);
		return false;
	}
	return true;
}

int explain_number(struct start *start)
{
	const struct config *config = start->config;
	const struct surroundings surroundings = {.site = &config->settings.site,
		.calendar = config->calendar,
		.lists = config->destination_lists,
		.rates = config->rates,
		.groups = config->groups,
		.group_count = config->group_count};
	struct dialed_number number;
	struct findings findings = {0};
	struct sip_uri uri;
	instant when;
	char dialed[DIALED_SIZE];

	if (!read_time(start, &when)) {
		return EXIT_USAGE;
	}
	struct rules *rules = rules_new(config->rules, &surroundings);
	if (rules == NULL) {
		log_write(&start->log, LOG_LEVEL_ERROR, "could not ask the rules: no memory");
		return EXIT_COULD_NOT;
	}
	sip_parse_dialed(text_of(start->options.check_number), &uri);
	dial_plan_read(&config->dial_plan, &config->settings.site, &uri, false, &number);
	const struct event event = {
		.kind = EVENT_CALL_ATTEMPTED,
		.time = when,
		.caller = text_of(start->options.caller),
		.dialed = uri.user,
		.leg = LEG_EXTENSION,
		.is_outward = true,
		.number = &number,
		.destination = number.e164[0] != '\0'
				       ? destination_find(config->destination_table, text_of(number.e164 + 1))
				       : NULL,
	};
	row("dialled", "%s", text_make_safe(text_of(start->options.check_number), dialed, sizeof dialed));
	print_reading(&number);
	print_destination(&event, &surroundings);
	print_time(&event, &surroundings);
	if (start->options.caller != NULL) {
		print_caller(start->options.caller, &surroundings);
	}
	rules_evaluate(rules, &event, &findings);
	print_rules(config, circumstances_group(&event, &surroundings), &findings);
	if (number.kind == NUMBER_INTERNATIONAL) {
		print_limits(config, circumstances_group(&event, &surroundings), rules, &event);
	}
	rules_free(rules);
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_COULD_NOT;
}
