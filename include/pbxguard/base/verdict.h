/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of a packet: the one thing that travels back up the path, as the return value of the packet
 * handler. A capture file and a passive interface ignore it, the queue of the firewall obeys it.
 */
#ifndef PBXGUARD_BASE_VERDICT_H
#define PBXGUARD_BASE_VERDICT_H

enum verdict {
	VERDICT_ACCEPT,    /* goes on as it came; also whatever we could not read */
	VERDICT_DROP,      /* ends here, and its sender is not told */
	VERDICT_HOLD,      /* waits, and is asked about again; what waits too long goes on */
	VERDICT_REWRITTEN, /* goes on with its bytes as they are now: as many as before, checksums right */
};

#endif
