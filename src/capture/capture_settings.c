/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/capture/capture_settings.h"

#include <stdio.h>
#include <string.h>

static bool check_interface(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	if (value.size > 0 && text_find_any(value, " \t/") == value.size) {
		return true;
	}
	snprintf(why, SETTING_CHECK_TEXT_SIZE,
		"is not the name of an interface; write it like \"eth0\", or \"any\"");
	return false;
}

static const struct setting settings[] = {
	{.name = "interfaces",
		.type = SETTING_TEXTS,
		.offset = offsetof(struct capture_settings, interfaces),
		.size = CAPTURE_INTERFACE_SIZE,
		.capacity = CAPTURE_INTERFACES_MAX,
		.count_offset = offsetof(struct capture_settings, interface_count),
		.initial = "any",
		.check = check_interface},
	{.name = "ports",
		.type = SETTING_NUMBERS,
		.offset = offsetof(struct capture_settings, ports),
		.capacity = CAPTURE_PORTS_MAX,
		.count_offset = offsetof(struct capture_settings, port_count),
		.minimum = 1,
		.maximum = 65535},
	{.name = "buffer",
		.type = SETTING_NUMBER,
		.offset = offsetof(struct capture_settings, buffer),
		.minimum = 1,
		.maximum = 1024,
		.unit = "MiB",
		.initial = "16"},
	{.name = "promiscuous",
		.type = SETTING_BOOLEAN,
		.offset = offsetof(struct capture_settings, promiscuous),
		.initial = "true"},
	{.name = "tunnels",
		.type = SETTING_BOOLEAN,
		.offset = offsetof(struct capture_settings, tunnels),
		.initial = "false"},
	{.name = "silence",
		.type = SETTING_DURATION,
		.offset = offsetof(struct capture_settings, silence),
		.minimum = 0,
		.maximum = 30 * DAY,
		.initial = "1h"},
};

const struct setting_table capture_settings = SETTING_TABLE(settings);

bool capture_settings_equal(const struct capture_settings *a, const struct capture_settings *b)
{
	if (a->interface_count != b->interface_count || a->port_count != b->port_count ||
		a->buffer != b->buffer || a->promiscuous != b->promiscuous || a->tunnels != b->tunnels) {
		return false;
	}
	for (size_t i = 0; i < a->interface_count; i++) {
		if (strcmp(a->interfaces[i], b->interfaces[i]) != 0) {
			return false;
		}
	}
	return memcmp(a->ports, b->ports, a->port_count * sizeof a->ports[0]) == 0;
}
