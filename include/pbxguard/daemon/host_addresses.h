/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses of this host: what site.pbx is when the configuration does not say. */
#ifndef PBXGUARD_DAEMON_HOST_ADDRESSES_H
#define PBXGUARD_DAEMON_HOST_ADDRESSES_H

#include "pbxguard/base/address.h"

/* Adds each address of each interface. 0 or -errno; -ENOSPC when the set is full. */
int host_addresses_add(struct network_set *set);

#endif
