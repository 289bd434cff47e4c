/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A capture's bytes as a stream: a file or standard input, plain or compressed by gzip. A plain one is read
 * without a detour, and from a pipe as soon as something is there.
 */
#ifndef PBXGUARD_CAPTURE_CAPTURE_FILE_H
#define PBXGUARD_CAPTURE_CAPTURE_FILE_H

#include <stdio.h>

struct capture_file; /* opaque; made by capture_file_open */

/* "-" is standard input. Returns 0 or -errno. */
int capture_file_open(const char *path, struct capture_file **file);

/* The caller closes the stream (libpcap does that), and then frees the file. */
FILE *capture_file_stream(struct capture_file *file);
void capture_file_free(struct capture_file *file);

/* What is wrong with compressed data; the read that met it has failed. */
enum capture_file_flaw { CAPTURE_FILE_SOUND, CAPTURE_FILE_CUT, CAPTURE_FILE_DAMAGED };
enum capture_file_flaw capture_file_flaw(const struct capture_file *file);

#endif
