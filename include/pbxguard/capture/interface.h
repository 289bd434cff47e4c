/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says about network interfaces. */
#ifndef PBXGUARD_CAPTURE_INTERFACE_H
#define PBXGUARD_CAPTURE_INTERFACE_H

#include "pbxguard/base/instant.h"

#include <stdbool.h>
#include <stddef.h>

#define INTERFACE_ANY "any" /* libpcap's name for all of them together */

bool interface_is_any(const char *name);

/* "lo, eth0", for messages; cut to fit. Returns buffer. */
char *interface_names(char *buffer, size_t buffer_size);

/*
 * Why the packet socket hears nothing more from the interface of this name, "is down" or "is gone", or NULL
 * when all is well. An interface that was deleted and made again is gone: the socket stays with the old one.
 * No cable in it is not down.
 */
const char *interface_trouble(int packet_socket, const char *name);

/*
 * How late a packet comes out of the ring when blocks have this time-out: since Linux 6.18 not later than it
 * says; before, it is counted in ticks of the kernel's clock, two at least. A release is uname's: "6.1.0-18".
 */
duration interface_lateness(duration timeout, const char *release, duration tick);

#endif
