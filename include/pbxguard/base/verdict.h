/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of a packet: the one thing that travels back up the path, as the return value of the packet
 * handler. A capture file and a passive interface ignore it.
 */
#ifndef PBXGUARD_BASE_VERDICT_H
#define PBXGUARD_BASE_VERDICT_H

enum verdict {
	VERDICT_ACCEPT, /* also whatever we could not read */
};

#endif
