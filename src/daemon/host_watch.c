/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/host_watch.h"

#include "pbxguard/daemon/firewall_watch.h"
#include "pbxguard/daemon/host_facts.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIREWALL_EVERY SECOND /* where the kernel tells of no change */

struct host_watch {
	const struct log *log;
	struct firewall_watch *firewall;
	instant firewall_due, addresses_due; /* monotonic */
	atomic_bool lost_rules;
	struct network_set addresses; /* the slow thread's */
	pthread_mutex_t lock;         /* of the two below; held only to copy */
	bool is_new;
	struct network_set shared;
};

static void read_addresses(struct host_watch *watch)
{
	int error = host_facts_read(&watch->addresses);

	if (error < 0) {
		log_write(watch->log, LOG_LEVEL_WARNING,
			"not all addresses that this host needs are known: %s; name them in "
			"actions.block.never",
			strerror(-error));
	}
	pthread_mutex_lock(&watch->lock);
	watch->shared = watch->addresses;
	watch->is_new = true;
	pthread_mutex_unlock(&watch->lock);
}

struct host_watch *host_watch_new(const struct log *log)
{
	struct host_watch *watch = calloc(1, sizeof *watch);

	if (watch == NULL) {
		log_write(log, LOG_LEVEL_ERROR, "could not begin: no memory");
		return NULL;
	}
	watch->log = log;
	watch->firewall = firewall_watch_new();
	if (watch->firewall == NULL) {
		log_write(log, LOG_LEVEL_ERROR, "%s",
			errno == ENOENT
				? "the firewall leads no SIP here: run pbxguard-firewall install first"
				: strerror(errno));
		free(watch);
		return NULL;
	}
	pthread_mutex_init(&watch->lock, NULL);
	read_addresses(watch);
	return watch;
}

void host_watch_free(struct host_watch *watch)
{
	if (watch != NULL) {
		firewall_watch_free(watch->firewall);
		pthread_mutex_destroy(&watch->lock);
		free(watch);
	}
}

static void look_at_firewall(struct host_watch *watch)
{
	char why[FIREWALL_WHY_SIZE];

	if (!atomic_load(&watch->lost_rules) && firewall_watch_check(watch->firewall, why) == FIREWALL_GONE) {
		log_write(watch->log, LOG_LEVEL_ERROR,
			"%s, so SIP goes by unread: the end, so that the service starts again and lays the "
			"rules anew",
			why);
		atomic_store(&watch->lost_rules, true);
	}
}

static void serve(void *context, instant now)
{
	struct host_watch *watch = context;
	bool has_changed = firewall_watch_read(watch->firewall);

	if (has_changed || now >= watch->firewall_due) {
		look_at_firewall(watch);
		watch->firewall_due = now + FIREWALL_EVERY;
	}
	if (now >= watch->addresses_due) {
		watch->addresses_due = now + HOST_FACTS_EVERY;
		read_addresses(watch);
	}
}

/* Its maker frees it: the start may fail before it has moved in. */
static void end(void *context)
{
	(void)context;
}

void host_watch_move_in(struct host_watch *watch, struct slow_thread *thread)
{
	const struct slow_thread_guest guest = {
		.descriptor = firewall_watch_descriptor(watch->firewall),
		.serve = serve,
		.end = end,
		.context = watch,
	};

	slow_thread_invite(thread, &guest);
}

bool host_watch_lost_rules(const struct host_watch *watch)
{
	return atomic_load(&watch->lost_rules);
}

bool host_watch_take_addresses(struct host_watch *watch, struct network_set *addresses)
{
	pthread_mutex_lock(&watch->lock);
	bool is_new = watch->is_new;
	if (is_new) {
		*addresses = watch->shared;
		watch->is_new = false;
	}
	pthread_mutex_unlock(&watch->lock);
	return is_new;
}

bool host_watch_is_never(void *context, const struct network *network, char why[static CONTROL_DESK_WHY_SIZE])
{
	const struct host_watch *watch = context;

	if (!network_set_overlaps(&watch->addresses, network)) {
		return false;
	}
	snprintf(why, CONTROL_DESK_WHY_SIZE,
		"it is this host's own address, or a gateway or resolver that it needs");
	return true;
}
