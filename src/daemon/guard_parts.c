/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/guard_parts.h"

#include "pbxguard/action/actions.h"
#include "pbxguard/action/syslog_alert.h"
#include "pbxguard/daemon/host_addresses.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const uint32_t sip_port[] = {CAPTURE_SIP_PORT};

const struct log *guard_log(const struct guard *guard)
{
	return &guard->start->log;
}

void guard_fail(void *context)
{
	struct guard *guard = context;

	guard->has_failed = true;
	event_loop_stop(guard->loop);
}

bool guard_open_interfaces(struct guard *guard, const struct config *config)
{
	const struct options *options = &guard->start->options;
	const struct capture_settings *settings = &config->settings.capture;
	const char *names[CAPTURE_INTERFACES_MAX];

	if (options->interface_count > 0) {
		return interfaces_open(
			guard->interfaces, settings, options->interfaces, options->interface_count);
	}
	for (size_t i = 0; i < settings->interface_count; i++) {
		names[i] = settings->interfaces[i];
	}
	return interfaces_open(guard->interfaces, settings, names, settings->interface_count);
}

void guard_complete(const struct guard *guard, struct config *config)
{
	if (guard->start->options.monitor) {
		config->settings.actions.mode = ACTION_MODE_MONITOR;
	}
	if (config->settings.site.pbx.count == 0 && host_addresses_add(&config->settings.site.pbx) < 0) {
		log_write(guard_log(guard), LOG_LEVEL_WARNING,
			"this host has more addresses than fit: name the PBX in site.pbx");
	}
}

const uint32_t *guard_ports(const struct config *config, size_t *count)
{
	*count = config->settings.capture.port_count > 0 ? config->settings.capture.port_count : 1;
	return config->settings.capture.port_count > 0 ? config->settings.capture.ports : sip_port;
}

struct enforcement_settings guard_enforcement_settings(const struct config *config)
{
	return (struct enforcement_settings){
		.status = (unsigned)config->settings.actions.block.status,
		.ends_calls = config->settings.actions.block.end_calls,
		.max_age = config->settings.calls.max_age,
	};
}

/* ---- what touches calls and addresses, where the mode says so ---- */

bool guard_prepare_inline(struct guard *guard)
{
	const struct config *config = guard->start->config;
	const struct enforcement_settings settings = guard_enforcement_settings(config);

	if (!guard->is_inline) {
		return true;
	}
	if (guard->start->options.interface_count > 0) {
		log_write(guard_log(guard), LOG_LEVEL_ERROR,
			"-i watches an interface, but actions.mode is \"%s\", which reads the firewall's queue: add "
			"--monitor, or leave -i away",
			action_mode_name(config->settings.actions.mode));
		return false;
	}
	guard->host_watch = host_watch_new(&guard->slow_log);
	if (guard->host_watch == NULL) {
		return false;
	}
	if (config->settings.actions.mode == ACTION_MODE_BLOCK) {
		guard->enforcement = enforcement_new(&settings, &guard->start->counters);
		if (guard->enforcement == NULL) {
			log_write(guard_log(guard), LOG_LEVEL_ERROR,
				"could not open what answers in the far side's name: %s", strerror(errno));
			return false;
		}
	}
	return true;
}

/* ---- the pipeline, and where its packets are led from ---- */

static void push(void *context, const struct decision *decision)
{
	const struct guard *guard = context;

	slow_thread_push(guard->slow_thread, decision);
}

static void push_block(void *context, const struct block_request *request)
{
	const struct guard *guard = context;

	if (guard->control_desk != NULL) {
		control_desk_push(guard->control_desk, request);
	}
}

static void keep_refusal(void *context, const struct refusal_record *record)
{
	const struct guard *guard = context;

	if (guard->kept_refusals != NULL) {
		kept_refusals_add(guard->kept_refusals, record);
	}
}

static void keep_slip(void *context, struct text call_id, instant now)
{
	const struct guard *guard = context;

	(void)now;
	if (guard->kept_refusals != NULL) {
		kept_refusals_slipped(guard->kept_refusals, call_id);
	}
}

bool guard_make_pipeline(struct guard *guard)
{
	struct pipeline_setup setup = {
		.config = guard->start->config,
		.counters = &guard->start->counters,
		.log = &guard->start->log,
		.handler = push,
		.block = push_block,
		.refusal = keep_refusal,
		.slip = keep_slip,
		.context = guard,
		.is_inline = guard->is_inline,
		.enforcement = guard->enforcement,
	};

	setup.ports = guard_ports(setup.config, &setup.port_count);
	guard->pipeline = pipeline_new(&setup);
	if (guard->pipeline == NULL) {
		log_write(guard_log(guard), LOG_LEVEL_ERROR, "could not begin: no memory");
		return false;
	}
	if (guard->is_inline) {
		return true;
	}
	const struct interfaces_setup interfaces = {
		.loop = guard->loop,
		.counters = setup.counters,
		.log = setup.log,
		.handler = pipeline_handle_packet,
		.context = guard->pipeline,
	};
	guard->interfaces = interfaces_new(&interfaces);
	if (guard->interfaces == NULL) {
		log_write(guard_log(guard), LOG_LEVEL_ERROR, "could not begin: no memory");
		return false;
	}
	return true;
}

/* ---- the slow thread, and who works there ---- */

static struct actions *make_actions(const struct guard *guard)
{
	const struct options *options = &guard->start->options;
	const struct config *config = guard->start->config;
	const struct action_output output = {
		.descriptor = options->has_format || isatty(STDOUT_FILENO) ? STDOUT_FILENO : -1,
		.format = options->format,
	};

	return actions_new(&config->settings.actions, &config->settings.site, output, SYSLOG_PATH,
		&guard->start->counters);
}

/* NULL: there is none, for whatever reason. What it holds goes on. */
static struct store *open_store(struct guard *guard)
{
	const char *path = guard->start->config->settings.store.path;

	if (path[0] == '\0') {
		return NULL;
	}
	struct store *store = store_open(path, &guard->slow_log, &guard->start->counters, instant_now());
	if (store != NULL) {
		keep_restore(store, guard->pipeline, guard_log(guard), instant_now());
		keep_begin(&guard->keep, instant_monotonic_now());
		guard->kept_blocks = kept_blocks_new(
			store, policy_is_blocking(pipeline_policy(guard->pipeline)), instant_now());
		guard->kept_refusals = kept_refusals_new(store, &guard->start->counters,
			(enum action_mode)guard->start->config->settings.actions.mode, instant_now());
		/* Those of before are reported already. */
		reported_accounts_look(&guard->reported_accounts, pipeline_policy(guard->pipeline), NULL);
	}
	return store;
}

bool guard_start_slow_thread(struct guard *guard)
{
	struct actions *actions = make_actions(guard);
	struct store *store = actions != NULL ? open_store(guard) : NULL;

	guard->slow_thread =
		actions != NULL ? slow_thread_start(actions, store, &guard->start->counters) : NULL;
	guard->has_store = store != NULL;
	if (guard->slow_thread == NULL) {
		log_write(guard_log(guard), LOG_LEVEL_ERROR,
			"could not start the thread that writes alerts: %s", strerror(errno));
		actions_free(actions);
		store_free(store);
	} else if (guard->kept_refusals != NULL) {
		kept_refusals_move_in(guard->kept_refusals, guard->slow_thread);
	}
	return guard->slow_thread != NULL;
}

/* Calls that were refused must not be so once more because they are remembered. */
static size_t release_accounts(void *context, const char *account, const char *incident)
{
	struct guard *guard = context;
	struct policy *policy = pipeline_policy(guard->pipeline);
	instant now = instant_now();
	size_t released = account[0] != '\0' ? (size_t)policy_release_account(policy, account, now)
					     : policy_release_incident(policy, incident);

	if (released > 0 && guard->enforcement != NULL) {
		enforcement_release(guard->enforcement, now);
	}
	return released;
}

static size_t list_accounts(
	void *context, uint64_t *after, struct blocked_account_record *accounts, size_t room)
{
	const struct guard *guard = context;
	size_t count = policy_list_accounts(pipeline_policy(guard->pipeline), *after, accounts, room);

	*after = count < room ? UINT64_MAX : accounts[count - 1].order;
	return count;
}

bool guard_start_control_desk(struct guard *guard)
{
	const struct config_settings *settings = &guard->start->config->settings;
	const struct control_desk_setup setup = {
		.path = settings->control.path,
		.site = &settings->site,
		.settings = &settings->actions,
		.is_never = guard->host_watch != NULL ? host_watch_is_never : NULL,
		.never_context = guard->host_watch,
		.accounts = {release_accounts, list_accounts, guard},
		.store = kept_blocks_hooks(guard->kept_blocks),
		.report = kept_refusals_report(guard->kept_refusals),
		.loop = guard->loop,
		.counters = &guard->start->counters,
		.log = &guard->slow_log,
	};

	guard->control_desk = control_desk_start(&setup, guard->slow_thread);
	if (guard->control_desk == NULL) {
		log_write(guard_log(guard), LOG_LEVEL_ERROR, "could not begin: %s", strerror(errno));
	}
	return guard->control_desk != NULL;
}

/* ---- the source ---- */

bool guard_open_source(struct guard *guard)
{
	const struct queue_guard_setup setup = {
		.number = guard->start->config->settings.actions.queue,
		.loop = guard->loop,
		.pipeline = guard->pipeline,
		.enforcement = guard->enforcement,
		.counters = &guard->start->counters,
		.log = guard_log(guard),
		.closed = guard_fail,
		.context = guard,
	};
	struct network_set addresses;

	if (!guard->is_inline) {
		return guard_open_interfaces(guard, guard->start->config) &&
		       interfaces_take(guard->interfaces);
	}
	if (host_watch_take_addresses(guard->host_watch, &addresses)) {
		policy_set_host(pipeline_policy(guard->pipeline), &addresses);
	}
	host_watch_move_in(guard->host_watch, guard->slow_thread);
	guard->queue = queue_guard_open(&setup);
	return guard->queue != NULL;
}
