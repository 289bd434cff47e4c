/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/pipeline.h"

#include "pbxguard/call/dialog.h"
#include "pbxguard/decode/decoder.h"
#include "pbxguard/incident/incident.h"
#include "pbxguard/incident/policy.h"
#include "pbxguard/rules/rules.h"

#include <stdlib.h>

struct pipeline {
	struct pipeline_setup setup;
	struct decoder *decoder;
	struct dialogs *dialogs;
	struct rules *rules;
	uint64_t rules_evicted; /* as counted so far */
	struct incidents *incidents;
};

static struct dialog_context dialog_context_of(const struct config *config)
{
	return (struct dialog_context){
		.site = &config->settings.site,
		.dial_plan = &config->dial_plan,
		.destinations = config->destination_table,
		.max_age = config->settings.calls.max_age,
	};
}

static struct rules *rules_of(const struct config *config)
{
	const struct surroundings surroundings = {
		.site = &config->settings.site,
		.calendar = config->calendar,
		.lists = config->destination_lists,
		.memory = limits_rules(&config->settings.limits),
		.rates = config->rates,
		.groups = config->groups,
		.group_count = config->group_count,
	};

	return rules_new(config->rules, &surroundings);
}

static struct incident_settings incident_settings_of(const struct config *config)
{
	return (struct incident_settings){
		.alerts_per_minute = config->settings.actions.alerts_per_minute,
		.alert_interval = config->settings.actions.alert_interval,
	};
}

struct pipeline *pipeline_new(const struct pipeline_setup *setup)
{
	struct pipeline *pipeline = calloc(1, sizeof *pipeline);
	const struct dialog_context dialogs = dialog_context_of(setup->config);
	const struct incident_settings incidents = incident_settings_of(setup->config);

	if (pipeline == NULL) {
		return NULL;
	}
	*pipeline = (struct pipeline){
		.setup = *setup,
		.decoder = decoder_new(setup->ports, setup->port_count, setup->counters),
		.dialogs =
			dialogs_new(&dialogs, limits_calls(&setup->config->settings.limits), setup->counters),
		.rules = rules_of(setup->config),
		.incidents = incidents_new(&incidents, &setup->config->settings.site, setup->counters),
	};
	if (pipeline->decoder == NULL || pipeline->dialogs == NULL || pipeline->rules == NULL ||
		pipeline->incidents == NULL) {
		pipeline_free(pipeline);
		return NULL;
	}
	return pipeline;
}

void pipeline_free(struct pipeline *pipeline)
{
	if (pipeline == NULL) {
		return;
	}
	decoder_free(pipeline->decoder);
	dialogs_free(pipeline->dialogs);
	rules_free(pipeline->rules);
	incidents_free(pipeline->incidents);
	free(pipeline);
}

/* With -v: what each call was taken for. */
static void log_event(const struct log *log, const struct event *event)
{
	char caller[CALLER_SIZE], dialed[DIALED_SIZE], call_id[CALL_ID_SIZE];

	if (log->level < LOG_LEVEL_DEBUG) {
		return;
	}
	log_write(log, LOG_LEVEL_DEBUG, "call %s: %s dials %s: %s %s%s%s, leg %s, Call-ID %s",
		event_kind_name(event->kind), text_make_safe(event->caller, caller, sizeof caller),
		text_make_safe(event->dialed, dialed, sizeof dialed), number_kind_name(event->number->kind),
		event->number->e164, event->destination != NULL ? " " : "",
		event->destination != NULL ? event->destination->name : "", leg_name(event->leg),
		text_make_safe(event->call_id, call_id, sizeof call_id));
}

static void handle_event(void *context, const struct event *event)
{
	struct pipeline *pipeline = context;
	struct findings findings;

	log_event(pipeline->setup.log, event);

	rules_evaluate(pipeline->rules, event, &findings);
	counter_add(pipeline->setup.counters, COUNTER_FINDINGS, findings.count);
	incidents_handle(
		pipeline->incidents, event, &findings, pipeline->setup.handler, pipeline->setup.context);
}

static void count_evicted(struct pipeline *pipeline)
{
	uint64_t evicted = rules_keys_evicted(pipeline->rules);

	counter_add(pipeline->setup.counters, COUNTER_KEYS_EVICTED, evicted - pipeline->rules_evicted);
	pipeline->rules_evicted = evicted;
}

static void handle_message(void *context, const struct sip_message *message)
{
	struct pipeline *pipeline = context;

	dialogs_handle(pipeline->dialogs, message, handle_event, pipeline);
}

enum verdict pipeline_handle_packet(void *context, const struct packet *packet)
{
	struct pipeline *pipeline = context;

	decoder_handle(pipeline->decoder, packet, handle_message, pipeline);
	return VERDICT_ACCEPT;
}

void pipeline_tick(struct pipeline *pipeline, instant now)
{
	decoder_tick(pipeline->decoder, now, handle_message, pipeline);
	dialogs_tick(pipeline->dialogs, now, handle_event, pipeline);
	incidents_tick(pipeline->incidents, now, pipeline->setup.handler, pipeline->setup.context);
	count_evicted(pipeline);
}

void pipeline_finish(struct pipeline *pipeline)
{
	decoder_flush(pipeline->decoder, handle_message, pipeline);
	incidents_finish(pipeline->incidents, pipeline->setup.handler, pipeline->setup.context);
	count_evicted(pipeline);
}

bool pipeline_reload(
	struct pipeline *pipeline, const struct config *config, const uint32_t *ports, size_t port_count)
{
	const struct dialog_context dialogs = dialog_context_of(config);
	const struct incident_settings incidents = incident_settings_of(config);
	struct rules *rules = rules_of(config);

	if (rules == NULL) {
		return false;
	}
	count_evicted(pipeline);
	rules_adopt(rules, pipeline->rules);
	rules_free(pipeline->rules);
	pipeline->rules = rules;
	pipeline->rules_evicted = rules_keys_evicted(rules);
	dialogs_configure(pipeline->dialogs, &dialogs);
	incidents_configure(pipeline->incidents, &incidents, &config->settings.site);
	decoder_set_ports(pipeline->decoder, ports, port_count);
	pipeline->setup.config = config;
	return true;
}

struct incidents *pipeline_incidents(struct pipeline *pipeline)
{
	return pipeline->incidents;
}

struct rules *pipeline_rules(struct pipeline *pipeline)
{
	return pipeline->rules;
}
