/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is captured: the settings under "capture" in the configuration. */
#ifndef PBXGUARD_CAPTURE_CAPTURE_SETTINGS_H
#define PBXGUARD_CAPTURE_CAPTURE_SETTINGS_H

#include "pbxguard/base/instant.h"
#include "pbxguard/base/setting.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAPTURE_INTERFACES_MAX 16
#define CAPTURE_INTERFACE_SIZE 32 /* bytes with the NUL; more than the kernel's IFNAMSIZ */
#define CAPTURE_PORTS_MAX 32      /* what keeps the filter well below the kernel's limit; test_filter.c */
#define CAPTURE_SIP_PORT 5060     /* RFC 3261 §18.1.1 */

struct capture_settings {
	size_t interface_count;
	char interfaces[CAPTURE_INTERFACES_MAX][CAPTURE_INTERFACE_SIZE];
	size_t port_count; /* 0: CAPTURE_SIP_PORT of an interface, all ports of a file */
	uint32_t ports[CAPTURE_PORTS_MAX];
	uint32_t buffer;  /* MiB of each interface's ring in the kernel */
	bool promiscuous; /* also frames for other hosts, as a mirror port brings them; never for "any" */
	bool tunnels;     /* of an interface; those of a file are looked into always */
	duration silence; /* without SIP from an interface, in business hours, until it is told; 0: never */
};

extern const struct setting_table capture_settings; /* of struct capture_settings */

/* In all that an open interface depends on. */
bool capture_settings_equal(const struct capture_settings *a, const struct capture_settings *b);

#endif
