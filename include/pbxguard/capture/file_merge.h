/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several capture files read as one, in order of time; at the same time, in the order given. A file whose
 * times run backwards is read on as it stands. Any number of files: one that begins later is opened when its
 * turn comes, so a thousand rotated captures need no thousand descriptors.
 */
#ifndef PBXGUARD_CAPTURE_FILE_MERGE_H
#define PBXGUARD_CAPTURE_FILE_MERGE_H

#include "pbxguard/capture/pcap_source.h"

#include <stddef.h>

struct file_merge; /* opaque; made by file_merge_open */

/* Looks into every file: NULL with the error filled when one is no capture. The paths are borrowed. */
struct file_merge *file_merge_open(const char *const *paths, size_t count, char *error, size_t error_size);

/*
 * PACKET, END, or FAILED: one file can't be read any further, file_merge_error says why; the next call goes
 * on with the others. The packet is borrowed until the next call.
 */
enum pcap_source_result file_merge_next(struct file_merge *merge, struct packet *packet);

const char *file_merge_error(const struct file_merge *merge);
void file_merge_free(struct file_merge *merge);

#endif
