/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/capture/file_merge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct entry {
	const char *path;
	size_t order;               /* in which the files were given */
	struct pcap_source *source; /* NULL: not open now */
	enum pcap_source_result result;
	struct packet head; /* when result is PACKET: the file's next one; only its time while not open */
};

struct file_merge {
	bool handed_out; /* the first entry's head: it is the caller's until the next call */
	char error[PCAP_SOURCE_ERROR_SIZE];
	size_t count;
	struct entry entries[]; /* a binary heap: the next packet's file first */
};

/* What failed comes first, so that it is told where it happened. */
static bool comes_before(const struct entry *a, const struct entry *b)
{
	bool a_failed = a->result == PCAP_SOURCE_FAILED, b_failed = b->result == PCAP_SOURCE_FAILED;

	if (a_failed != b_failed) {
		return a_failed;
	}
	if (!a_failed && a->head.time != b->head.time) {
		return a->head.time < b->head.time;
	}
	return a->order < b->order;
}

static void swap(struct entry *a, struct entry *b)
{
	struct entry kept = *a;

	*a = *b;
	*b = kept;
}

static void sift_down(struct file_merge *merge, size_t place)
{
	for (;;) {
		size_t first = place;
		for (size_t child = 2 * place + 1; child <= 2 * place + 2 && child < merge->count; child++) {
			if (comes_before(&merge->entries[child], &merge->entries[first])) {
				first = child;
			}
		}
		if (first == place) {
			return;
		}
		swap(&merge->entries[place], &merge->entries[first]);
		place = first;
	}
}

static void close_entry(struct entry *entry)
{
	pcap_source_free(entry->source);
	entry->source = NULL;
}

static void remove_first(struct file_merge *merge)
{
	close_entry(&merge->entries[0]);
	merge->entries[0] = merge->entries[--merge->count];
	sift_down(merge, 0);
}

static bool open_entry(struct entry *entry, char *error, size_t error_size)
{
	entry->source = pcap_source_open_file(entry->path, error, error_size);
	if (entry->source == NULL) {
		return false;
	}
	entry->result = pcap_source_next(entry->source, &entry->head);
	return true;
}

/* A pipe can be read only once: it stays open. */
static bool can_be_opened_again(const char *path)
{
	struct stat status;

	return strcmp(path, "-") != 0 && stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static bool look_into(
	struct file_merge *merge, const char *path, size_t order, bool alone, char *error, size_t error_size)
{
	struct entry *entry = &merge->entries[merge->count];

	*entry = (struct entry){.path = path, .order = order};
	if (!open_entry(entry, error, error_size)) {
		return false;
	}
	if (entry->result == PCAP_SOURCE_END) {
		close_entry(entry);
		return true;
	}
	if (entry->result == PCAP_SOURCE_PACKET && !alone && can_be_opened_again(path)) {
		close_entry(entry);
	}
	merge->count++;
	return true;
}

struct file_merge *file_merge_open(const char *const *paths, size_t count, char *error, size_t error_size)
{
	struct file_merge *merge = calloc(1, sizeof *merge + count * sizeof merge->entries[0]);

	if (merge == NULL) {
		snprintf(error, error_size, "out of memory");
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		if (!look_into(merge, paths[i], i, count == 1, error, error_size)) {
			file_merge_free(merge);
			return NULL;
		}
	}
	for (size_t i = merge->count / 2; i-- > 0;) {
		sift_down(merge, i);
	}
	return merge;
}

void file_merge_free(struct file_merge *merge)
{
	for (size_t i = 0; merge != NULL && i < merge->count; i++) {
		close_entry(&merge->entries[i]);
	}
	free(merge);
}

const char *file_merge_error(const struct file_merge *merge)
{
	return merge->error;
}

/* Moves the first file past the packet that was handed out. */
static void advance(struct file_merge *merge)
{
	struct entry *first = &merge->entries[0];

	first->result = pcap_source_next(first->source, &first->head);
	if (first->result == PCAP_SOURCE_END) {
		remove_first(merge);
	} else {
		sift_down(merge, 0);
	}
}

/* Opens the first file again if need be. False when it failed, now or before. */
static bool first_is_ready(struct file_merge *merge)
{
	struct entry *first = &merge->entries[0];

	if (first->source == NULL && !open_entry(first, merge->error, sizeof merge->error)) {
		return false;
	}
	switch (first->result) {
	case PCAP_SOURCE_PACKET:
		return true;
	case PCAP_SOURCE_FAILED:
		snprintf(merge->error, sizeof merge->error, "%s", pcap_source_error(first->source));
		return false;
	default:
		snprintf(merge->error, sizeof merge->error,
			"%s: was emptied while it was waiting for its turn", first->path);
		return false;
	}
}

enum pcap_source_result file_merge_next(struct file_merge *merge, struct packet *packet)
{
	if (merge->handed_out) {
		merge->handed_out = false;
		advance(merge);
	}
	if (merge->count == 0) {
		return PCAP_SOURCE_END;
	}
	if (!first_is_ready(merge)) {
		remove_first(merge);
		return PCAP_SOURCE_FAILED;
	}
	merge->handed_out = true;
	*packet = merge->entries[0].head;
	return PCAP_SOURCE_PACKET;
}
