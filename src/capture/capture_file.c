/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/capture/capture_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#define BUFFER_SIZE 65536          /* reads a sixth faster than the C library's 4096; larger gains no more */
#define GZIP_WINDOW_BITS (15 + 16) /* zlib.h: 16 is added to read gzip's header and trailer */

static const unsigned char gzip_magic[2] = {0x1F, 0x8B}; /* RFC 1952 §2.3.1 */

struct capture_file {
	FILE *stream;
	int descriptor;
	bool in_member; /* within one of the gzip members that make the file; RFC 1952 §2.2 */
	enum capture_file_flaw flaw;
	z_stream inflate;
	unsigned char input[BUFFER_SIZE];
	char buffer[BUFFER_SIZE]; /* the stream's */
};

static ssize_t read_some(int descriptor, void *bytes, size_t size)
{
	ssize_t got;

	do {
		got = read(descriptor, bytes, size);
	} while (got < 0 && errno == EINTR);
	return got;
}

/* 1: there is input, 0: there is no more, -1: reading failed. */
static int fill_input(struct capture_file *file)
{
	if (file->inflate.avail_in > 0) {
		return 1;
	}
	ssize_t got = read_some(file->descriptor, file->input, sizeof file->input);
	if (got <= 0) {
		return (int)got;
	}
	file->inflate.next_in = file->input;
	file->inflate.avail_in = (uInt)got;
	return 1;
}

static int has_flaw(struct capture_file *file, enum capture_file_flaw flaw)
{
	file->flaw = flaw;
	errno = EIO;
	return -1;
}

/* Stands the inflater in a member with input before it. As fill_input; what is no member ends the file. */
static int next_input(struct capture_file *file)
{
	int filled = fill_input(file);

	if (file->in_member) {
		return filled == 0 ? has_flaw(file, CAPTURE_FILE_CUT) : filled;
	}
	if (filled <= 0 || file->inflate.next_in[0] != gzip_magic[0]) {
		return filled < 0 ? -1 : 0; /* gzip(1) passes over zeros behind the last member, too */
	}
	inflateReset(&file->inflate);
	file->in_member = true;
	return 1;
}

/* What was unpacked before a flaw is given out first; the next read meets the flaw. */
static ssize_t read_compressed(void *cookie, char *bytes, size_t size)
{
	struct capture_file *file = cookie;
	uInt wanted = size < BUFFER_SIZE ? (uInt)size : BUFFER_SIZE;

	file->inflate.next_out = (Bytef *)bytes;
	file->inflate.avail_out = wanted;
	while (file->inflate.avail_out == wanted && wanted > 0) {
		int filled = file->flaw == CAPTURE_FILE_SOUND ? next_input(file) : has_flaw(file, file->flaw);
		if (filled <= 0) {
			return filled;
		}
		int result = inflate(&file->inflate, Z_NO_FLUSH);
		if (result == Z_STREAM_END) {
			file->in_member = false;
		} else if (result != Z_OK) {
			file->flaw = CAPTURE_FILE_DAMAGED;
		}
	}
	return (ssize_t)(wanted - file->inflate.avail_out);
}

static int close_compressed(void *cookie)
{
	struct capture_file *file = cookie;

	inflateEnd(&file->inflate);
	return close(file->descriptor);
}

static FILE *open_compressed(struct capture_file *file, size_t looked)
{
	static const cookie_io_functions_t functions = {.read = read_compressed, .close = close_compressed};

	if (inflateInit2(&file->inflate, GZIP_WINDOW_BITS) != Z_OK) {
		errno = ENOMEM;
		return NULL;
	}
	file->inflate.next_in = file->input;
	file->inflate.avail_in = (uInt)looked;
	file->in_member = true;
	FILE *stream = fopencookie(file, "r", functions);
	if (stream == NULL) {
		inflateEnd(&file->inflate);
	}
	return stream;
}

/* The bytes looked at go back: by seeking, or in a pipe by pushing (glibc takes more than one). */
static FILE *open_plain(struct capture_file *file, size_t looked)
{
	bool sought = lseek(file->descriptor, -(off_t)looked, SEEK_CUR) >= 0;
	FILE *stream = fdopen(file->descriptor, "r");

	if (stream == NULL) {
		return NULL;
	}
	setvbuf(stream, file->buffer, _IOFBF, sizeof file->buffer);
	__fsetlocking(stream, FSETLOCKING_BYCALLER); /* one thread reads it */
	while (!sought && looked > 0) {
		ungetc(file->input[--looked], stream);
	}
	return stream;
}

/* Reads the first bytes; returns how many, up to gzip's magic, or -errno. */
static ssize_t look(struct capture_file *file)
{
	size_t looked = 0;

	while (looked < sizeof gzip_magic) {
		ssize_t got = read_some(file->descriptor, file->input + looked, sizeof gzip_magic - looked);
		if (got < 0) {
			return -errno;
		}
		if (got == 0) {
			break;
		}
		looked += (size_t)got;
	}
	return (ssize_t)looked;
}

static int open_stream(struct capture_file *file)
{
	ssize_t looked = look(file);

	if (looked < 0) {
		return (int)looked;
	}
	if ((size_t)looked == sizeof gzip_magic && memcmp(file->input, gzip_magic, sizeof gzip_magic) == 0) {
		file->stream = open_compressed(file, (size_t)looked);
	} else {
		file->stream = open_plain(file, (size_t)looked);
	}
	return file->stream == NULL ? -errno : 0;
}

int capture_file_open(const char *path, struct capture_file **file)
{
	struct capture_file *opened = calloc(1, sizeof *opened);

	if (opened == NULL) {
		return -ENOMEM;
	}
	opened->descriptor = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
						    : open(path, O_RDONLY | O_CLOEXEC);
	int result = opened->descriptor < 0 ? -errno : open_stream(opened);
	if (result == 0) {
		*file = opened;
		return 0;
	}
	if (opened->descriptor >= 0) {
		close(opened->descriptor);
	}
	free(opened);
	return result;
}

FILE *capture_file_stream(struct capture_file *file)
{
	return file->stream;
}

void capture_file_free(struct capture_file *file)
{
	free(file);
}

enum capture_file_flaw capture_file_flaw(const struct capture_file *file)
{
	return file->flaw;
}
