/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/legacy_tables.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

static_assert(
	sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo), "the families differ in entries only");
static_assert(offsetof(struct ipt_get_entries, entrytable) == offsetof(struct ip6t_get_entries, entrytable),
	"the families differ in entries only");
/* All entries of a table, one behind the other, as the kernel has them. */
struct legacy_table {
	int family;
	struct ipt_getinfo info;
	struct ipt_get_entries *entries; /* owned; of info.size bytes */
};

/* One entry: a rule, or the beginning of a chain. */
struct legacy_entry {
	unsigned int offset, next;            /* from the table's beginning */
	const struct xt_entry_target *target; /* borrows the table */
	unsigned int target_size;
};

/* The kernel may have another number of entries by now; then it says EAGAIN. */
static int read_table(struct legacy_table *table, const char *name)
{
	int level = table->family == AF_INET ? SOL_IP : SOL_IPV6;
	int descriptor = socket(table->family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	socklen_t size = sizeof table->info;

	if (descriptor < 0) {
		return -errno;
	}
	strncpy(table->info.name, name, sizeof table->info.name - 1);
	int result = getsockopt(descriptor, level, IPT_SO_GET_INFO, &table->info, &size) != 0 ? -errno : 0;
	if (result == 0) {
		size = (socklen_t)(offsetof(struct ipt_get_entries, entrytable) + table->info.size);
		table->entries = calloc(1, size);
		result = table->entries == NULL ? -ENOMEM : 0;
	}
	if (result == 0) {
		strncpy(table->entries->name, name, sizeof table->entries->name - 1);
		table->entries->size = table->info.size;
		result = getsockopt(descriptor, level, IPT_SO_GET_ENTRIES, table->entries, &size) != 0
				 ? -errno
				 : 0;
	}
	close(descriptor);
	return result;
}

/* The entry that begins there; false at the end. */
static bool take_entry(const struct legacy_table *table, unsigned int offset, struct legacy_entry *entry)
{
	size_t head = table->family == AF_INET ? sizeof(struct ipt_entry) : sizeof(struct ip6t_entry);
	const char *start = (const char *)table->entries->entrytable + offset;

	if (offset > table->info.size || table->info.size - offset < head) {
		return false;
	}
	const struct ipt_entry *entry4 = (const void *)start;
	const struct ip6t_entry *entry6 = (const void *)start;
	unsigned int target = table->family == AF_INET ? entry4->target_offset : entry6->target_offset;
	unsigned int next = table->family == AF_INET ? entry4->next_offset : entry6->next_offset;
	if (target < head || next < target + sizeof(struct xt_entry_target) ||
		next > table->info.size - offset) {
		return false;
	}
	*entry = (struct legacy_entry){.offset = offset,
		.next = offset + next,
		.target = (const void *)(start + target),
		.target_size = next - target};
	return true;
}

static bool has_target(const struct legacy_entry *entry, const char *name)
{
	return strncmp(entry->target->u.user.name, name, sizeof entry->target->u.user.name) == 0;
}

/* A chain begins with an entry whose target, XT_ERROR_TARGET, names it. */
static bool begins_chain(const struct legacy_entry *entry, const char *chain)
{
	const struct xt_error_target *error = (const void *)entry->target;

	return entry->target_size >= sizeof *error && has_target(entry, XT_ERROR_TARGET) &&
	       strncmp(error->errorname, chain, sizeof error->errorname) == 0;
}

static bool jumps_to(const struct legacy_entry *entry, unsigned int offset)
{
	const struct xt_standard_target *standard = (const void *)entry->target;

	return entry->target_size >= sizeof *standard && has_target(entry, XT_STANDARD_TARGET) &&
	       standard->verdict >= 0 && (unsigned int)standard->verdict == offset;
}

/* The offset of the chain's first rule; 0, where a hook's begin, when there is no such chain. */
static unsigned int find_chain(const struct legacy_table *table, const char *chain)
{
	struct legacy_entry entry;

	for (unsigned int offset = 0; take_entry(table, offset, &entry); offset = entry.next) {
		if (begins_chain(&entry, chain)) {
			return entry.next;
		}
	}
	return 0;
}

static void look(const struct legacy_table *table, unsigned int hook, const char *chain, const char *target,
	struct legacy_chain *found)
{
	unsigned int first = find_chain(table, chain);
	struct legacy_entry entry;

	*found = (struct legacy_chain){0};
	if (first == 0) {
		return;
	}
	for (unsigned int offset = first; take_entry(table, offset, &entry); offset = entry.next) {
		if (has_target(&entry, XT_ERROR_TARGET)) {
			break; /* the next chain */
		}
		found->has_target = found->has_target || has_target(&entry, target);
	}
	for (unsigned int offset = table->info.hook_entry[hook];
		offset <= table->info.underflow[hook] && take_entry(table, offset, &entry);
		offset = entry.next) {
		found->is_led_to = found->is_led_to || jumps_to(&entry, first);
	}
}

int legacy_tables_look(int family, const char *table, unsigned int hook, const char *chain,
	const char *target, struct legacy_chain *found)
{
	struct legacy_table legacy = {.family = family};
	int result = read_table(&legacy, table);

	if (result == 0) {
		look(&legacy, hook, chain, target, found);
	}
	free(legacy.entries);
	return result;
}
