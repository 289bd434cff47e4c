/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/pipeline.h"

#include "pbxguard/call/dialog.h"
#include "pbxguard/decode/decoder.h"
#include "pbxguard/incident/incident.h"
#include "pbxguard/incident/policy.h"
#include "pbxguard/rules/rules.h"

#include <assert.h>
#include <stdlib.h>

struct pipeline {
	struct pipeline_setup setup;
	struct decoder *decoder;
	struct dialogs *dialogs;
	struct rules *rules;
	uint64_t rules_evicted; /* as counted so far */
	struct incidents *incidents;
	struct policy *policy;
	/* Of the packet that is handled now. */
	enum verdict verdict;
	const struct sip_message *message; /* NULL: none */
	bool refuses;                      /* the message, an INVITE */
	bool defers;                       /* lets it by, and refuses its next leg */
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

static struct policy_settings policy_settings_of(const struct config *config, bool is_replay)
{
	const struct action_settings *actions = &config->settings.actions;

	static_assert((int)POLICY_DRY_RUN == (int)ACTION_MODE_DRY_RUN &&
			      (int)POLICY_BLOCK == (int)ACTION_MODE_BLOCK,
		"the modes are the same");
	return (struct policy_settings){
		.mode = (enum policy_mode)actions->mode,
		.is_replay = is_replay,
		.on = (enum severity)actions->block.on,
		.accounts = actions->block.accounts,
		.sources = actions->block.sources,
		.end_calls = actions->block.end_calls,
		.source_time = actions->block.source_time,
		.never = actions->block.never,
	};
}

struct pipeline *pipeline_new(const struct pipeline_setup *setup)
{
	struct pipeline *pipeline = calloc(1, sizeof *pipeline);
	const struct dialog_context dialogs = dialog_context_of(setup->config);
	const struct incident_settings incidents = incident_settings_of(setup->config);
	const struct policy_settings policy = policy_settings_of(setup->config, setup->is_replay);

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
		.policy = policy_new(&policy, &setup->config->settings.site, setup->counters),
	};
	if (pipeline->decoder == NULL || pipeline->dialogs == NULL || pipeline->rules == NULL ||
		pipeline->incidents == NULL || pipeline->policy == NULL) {
		pipeline_free(pipeline);
		return NULL;
	}
	decoder_set_inline(pipeline->decoder, setup->is_inline);
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
	policy_free(pipeline->policy);
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

static void keep_refusal(struct pipeline *pipeline, const struct event *event,
	const struct findings *findings, const struct judgement *judgement)
{
	enum severity on = (enum severity)pipeline->setup.config->settings.actions.block.on;
	struct refusal_record record;

	if (pipeline->setup.refusal != NULL && refusal_of_call(event, findings, judgement, on, &record)) {
		pipeline->setup.refusal(pipeline->setup.context, &record);
	}
}

static void handle_block(void *context, const struct block_request *request)
{
	struct pipeline *pipeline = context;
	bool is_done = pipeline->setup.config->settings.actions.mode == ACTION_MODE_BLOCK &&
		       !pipeline->setup.is_replay;

	if (pipeline->setup.refusal != NULL) {
		struct refusal_record record;
		refusal_of_source(request, is_done, &record);
		pipeline->setup.refusal(pipeline->setup.context, &record);
	}
	incidents_note(
		pipeline->incidents, request->incident, is_done ? ACTION_SOURCE_BLOCKED : ACTION_WOULD_BLOCK);
	if (is_done && pipeline->setup.block != NULL) {
		pipeline->setup.block(pipeline->setup.context, request);
	}
}

static void handle_slip(void *context, struct text call_id, instant now)
{
	const struct pipeline *pipeline = context;
	char shown[CALL_ID_SIZE];

	if (pipeline->setup.slip != NULL) {
		pipeline->setup.slip(pipeline->setup.context, call_id, now);
	}
	log_write(pipeline->setup.log, LOG_LEVEL_WARNING,
		"call %s was to be refused on the trunk leg, but went through without one that was seen: "
		"calls are refused on the phone's leg for the next hour",
		text_make_safe(call_id, shown, sizeof shown));
}

/* A call abroad that a phone begins: it may have to be ended. */
static bool is_phones_call_abroad(const struct event *event)
{
	return (event->kind == EVENT_CALL_ATTEMPTED || event->kind == EVENT_CALL_IDENTIFIED) &&
	       event->is_outward && event->number->kind == NUMBER_INTERNATIONAL &&
	       event->leg != LEG_TRUNK_OUT && event->leg != LEG_TRUNK_IN;
}

static bool is_invite(const struct sip_message *message)
{
	return message != NULL && message->is_request && message->method == SIP_METHOD_INVITE;
}

/* What was judged about an event. Only an INVITE can be refused, while it is at hand. */
static void carry_out(struct pipeline *pipeline, const struct event *event, const struct judgement *judgement)
{
	const struct sip_message *message = pipeline->message;

	if (pipeline->setup.enforcement == NULL) {
		return;
	}
	if (judgement->refuse && is_invite(message)) {
		pipeline->refuses = true;
	} else if (judgement->end_call) {
		enforcement_end(pipeline->setup.enforcement, event);
	} else if (is_invite(message) && is_phones_call_abroad(event)) {
		enforcement_follow(pipeline->setup.enforcement, message);
	}
	pipeline->defers = pipeline->defers || judgement->is_deferred;
}

static void handle_event(void *context, const struct event *event)
{
	struct pipeline *pipeline = context;
	struct findings findings;
	struct judgement judgement;

	log_event(pipeline->setup.log, event);

	rules_evaluate(pipeline->rules, event, &findings);
	policy_judge(pipeline->policy, event, &findings, &judgement);
	counter_add(pipeline->setup.counters, COUNTER_FINDINGS, findings.count);
	incidents_handle_judged(pipeline->incidents, event, &findings, &judgement, pipeline->setup.handler,
		pipeline->setup.context);
	keep_refusal(pipeline, event, &findings, &judgement);
	policy_conclude(pipeline->policy, event, &judgement, handle_block, pipeline);
	carry_out(pipeline, event, &judgement);
}

static void count_evicted(struct pipeline *pipeline)
{
	uint64_t evicted = rules_keys_evicted(pipeline->rules);

	counter_add(pipeline->setup.counters, COUNTER_KEYS_EVICTED, evicted - pipeline->rules_evicted);
	pipeline->rules_evicted = evicted;
}

/* Our own answer does not pass us: the call's end must be known all the same. */
static void tell_refused(struct pipeline *pipeline, const struct sip_message *invite)
{
	const struct sip_message answer = {
		.time = invite->time,
		.source = invite->destination,
		.destination = invite->source,
		.transport = invite->transport,
		.method = SIP_METHOD_INVITE,
		.status = (uint16_t)pipeline->setup.config->settings.actions.block.status,
		.from = invite->from,
		.to = invite->to,
		.call_id = invite->call_id,
		.has_cseq = invite->has_cseq,
		.cseq = invite->cseq,
		.via_branch = invite->via_branch,
		.has_values = true,
	};

	dialogs_handle(pipeline->dialogs, &answer, handle_event, pipeline);
}

/* The packet at hand, if the message is its own: those of an overdue message have gone on. */
static void drop(struct pipeline *pipeline, const struct sip_message *message)
{
	if (!message->is_overdue) {
		pipeline->verdict = VERDICT_DROP;
	}
}

static void refuse(struct pipeline *pipeline, const struct sip_message *invite)
{
	enum verdict verdict = enforcement_refuse(pipeline->setup.enforcement, invite);

	pipeline->message = NULL;
	if (verdict == VERDICT_DROP) {
		drop(pipeline, invite);
		tell_refused(pipeline, invite);
	}
}

/* Does the message belong to a call that was refused or ended? Then it is ours alone. */
static bool is_taken(struct pipeline *pipeline, const struct sip_message *message)
{
	if (pipeline->setup.enforcement == NULL) {
		return false;
	}
	enum enforcement_fate fate = enforcement_take(pipeline->setup.enforcement, message);
	if (fate == ENFORCEMENT_ACKNOWLEDGED) {
		policy_acknowledged(pipeline->policy, message->call_id, &message->source.address,
			message->time, handle_block, pipeline);
	}
	if (fate == ENFORCEMENT_NOT_OURS && is_invite(message)) {
		dialogs_retried(pipeline->dialogs, message);
	}
	return fate != ENFORCEMENT_NOT_OURS && fate != ENFORCEMENT_AGAIN;
}

static void handle_message(void *context, const struct sip_message *message)
{
	struct pipeline *pipeline = context;

	if (is_taken(pipeline, message)) {
		drop(pipeline, message);
		return;
	}
	policy_tick(pipeline->policy, message->time, handle_slip, pipeline);
	policy_watch(pipeline->policy, message, handle_block, pipeline);
	pipeline->message = message;
	pipeline->refuses = pipeline->defers = false;
	dialogs_handle(pipeline->dialogs, message, handle_event, pipeline);
	if ((pipeline->refuses || pipeline->defers) && is_invite(message)) {
		dialogs_refused(pipeline->dialogs, message, !pipeline->refuses);
	}
	if (pipeline->refuses) {
		refuse(pipeline, message);
	}
	pipeline->message = NULL;
}

enum verdict pipeline_handle_packet(void *context, const struct packet *packet)
{
	struct pipeline *pipeline = context;

	pipeline->verdict = VERDICT_ACCEPT;
	decoder_handle(pipeline->decoder, packet, handle_message, pipeline);
	return pipeline->verdict;
}

struct enforcement_answer pipeline_handle_queued(
	struct pipeline *pipeline, const struct packet *packet, uint8_t *bytes)
{
	enum verdict verdict = pipeline_handle_packet(pipeline, packet);

	if (verdict == VERDICT_DROP || pipeline->setup.enforcement == NULL) {
		return (struct enforcement_answer){.verdict = verdict};
	}
	return enforcement_gate(pipeline->setup.enforcement, pipeline->decoder, packet, bytes);
}

void pipeline_tick(struct pipeline *pipeline, instant now)
{
	decoder_tick(pipeline->decoder, now, handle_message, pipeline);
	dialogs_tick(pipeline->dialogs, now, handle_event, pipeline);
	policy_tick(pipeline->policy, now, handle_slip, pipeline);
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
	const struct policy_settings policy = policy_settings_of(config, pipeline->setup.is_replay);
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
	policy_configure(pipeline->policy, &policy, &config->settings.site);
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

struct policy *pipeline_policy(struct pipeline *pipeline)
{
	return pipeline->policy;
}
