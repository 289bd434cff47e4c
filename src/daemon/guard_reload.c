/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/guard_reload.h"

#include "pbxguard/daemon/firewall.h"

#include <string.h>

static void refuse_reload(struct guard *guard)
{
	counter_add(&guard->start->counters, COUNTER_RELOADS_REFUSED, 1);
	log_write(guard_log(guard), LOG_LEVEL_ERROR,
		"the new configuration was not taken over; the one before stays in force");
}

/* The firewall's rules are laid before the start. */
static void keep_mode(const struct guard *guard, struct config *new)
{
	const struct config_settings *old = &guard->start->config->settings;
	bool has_changed = guard->is_inline ? !firewall_is_same(&new->settings, old)
					    : new->settings.actions.mode != ACTION_MODE_MONITOR;

	if (!has_changed) {
		return;
	}
	log_write(guard_log(guard), LOG_LEVEL_WARNING,
		"actions.mode, actions.queue and capture.ports change at a restart only, which lays the "
		"firewall's rules anew: systemctl restart pbxguard");
	new->settings.actions.mode = old->actions.mode;
	new->settings.actions.queue = old->actions.queue;
	if (guard->is_inline) {
		new->settings.capture.port_count = old->capture.port_count;
		memcpy(new->settings.capture.ports, old->capture.ports, sizeof old->capture.ports);
	}
}

static bool interfaces_change(const struct guard *guard, const struct config *new)
{
	return !guard->is_inline &&
	       !capture_settings_equal(&new->settings.capture, &guard->start->config->settings.capture);
}

/* Everything that can fail comes first; then nothing is left to go wrong half way. */
static bool try_reload(struct guard *guard, struct config *new)
{
	struct start *start = guard->start;
	size_t port_count;
	bool changes = interfaces_change(guard, new);
	const uint32_t *ports = guard_ports(new, &port_count);

	if (changes && !guard_open_interfaces(guard, new)) {
		return false;
	}
	if (!pipeline_reload(guard->pipeline, new, ports, port_count)) {
		if (changes) {
			interfaces_discard(guard->interfaces);
		}
		return false;
	}
	if (guard->enforcement != NULL) {
		const struct enforcement_settings settings = guard_enforcement_settings(new);
		enforcement_configure(guard->enforcement, &settings, instant_now());
	}
	start_set_time_zone(start, new);
	if (strcmp(new->settings.store.path, start->config->settings.store.path) != 0) {
		log_write(guard_log(guard), LOG_LEVEL_NOTICE, "store.path changes at a restart only");
	}
	slow_thread_configure(guard->slow_thread, &new->settings.actions, &new->settings.site);
	if (changes && !interfaces_take(guard->interfaces)) {
		event_loop_stop(guard->loop);
	}
	return true;
}

void guard_reload(struct guard *guard)
{
	struct start *start = guard->start;
	struct config *old = start->config, *new = start_read_config(start);

	if (new == NULL) {
		refuse_reload(guard);
		return;
	}
	guard_complete(guard, new);
	keep_mode(guard, new);
	if (!try_reload(guard, new)) {
		config_free(new);
		refuse_reload(guard);
		return;
	}
	start->config = new;
	config_free(old);
	counter_add(&start->counters, COUNTER_RELOADS, 1);
	log_write(guard_log(guard), LOG_LEVEL_NOTICE, "the new configuration is in force");
}
