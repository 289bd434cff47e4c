/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/firewall.h"

#include <inttypes.h>
#include <string.h>

static void describe_ports(const struct capture_settings *capture, FILE *stream)
{
	if (capture->port_count == 0) {
		fprintf(stream, "PORTS=%d\n", CAPTURE_SIP_PORT);
		return;
	}
	for (size_t i = 0; i < capture->port_count; i++) {
		fprintf(stream, "%s%" PRIu32, i == 0 ? "PORTS=" : ",", capture->ports[i]);
	}
	fputc('\n', stream);
}

void firewall_describe(const struct config_settings *settings, FILE *stream)
{
	fprintf(stream, "MODE=%s\n", action_mode_name(settings->actions.mode));
	fprintf(stream, "QUEUE=%" PRIu32 "\n", settings->actions.queue);
	describe_ports(&settings->capture, stream);
	fprintf(stream, "MARK=0x%x\n", FIREWALL_MARK);
	fprintf(stream, "SET4=%s\nSET6=%s\n", FIREWALL_SET4, FIREWALL_SET6);
	fprintf(stream, "SET_SIZE=%d\nSET_TIMEOUT=%d\n", FIREWALL_SET_SIZE, FIREWALL_SET_TIMEOUT);
	fprintf(stream, "FLOOD=%d\n", FIREWALL_FLOOD);
	fprintf(stream, "SYN_GROUP=%d\n", FIREWALL_SYN_GROUP);
}

bool firewall_is_same(const struct config_settings *a, const struct config_settings *b)
{
	return a->actions.mode == b->actions.mode && a->actions.queue == b->actions.queue &&
	       a->capture.port_count == b->capture.port_count &&
	       memcmp(a->capture.ports, b->capture.ports,
		       a->capture.port_count * sizeof a->capture.ports[0]) == 0;
}

int firewall_print(struct start *start)
{
	firewall_describe(&start->config->settings, stdout);
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_COULD_NOT;
}
