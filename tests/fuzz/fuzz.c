/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"

#include "pbxguard/base/table.h"
#include "pbxguard/decode/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

_Noreturn void fuzz_fail(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
	abort();
}

uint8_t *fuzz_copy(const void *data, size_t size)
{
	return fuzz_join((struct text){data, size}, (struct text){0});
}

uint8_t *fuzz_join(struct text first, struct text second)
{
	uint8_t *copy = malloc(first.size + second.size);

	MUST_HOLD(copy != NULL || first.size + second.size == 0);
	if (first.size > 0) {
		memcpy(copy, first.start, first.size);
	}
	if (second.size > 0) {
		memcpy(copy + first.size, second.start, second.size);
	}
	return copy;
}

bool fuzz_lies_in(struct text text, const void *bytes, size_t size)
{
	uintptr_t start = (uintptr_t)text.start, from = (uintptr_t)bytes;

	return text.size == 0 || (start >= from && text.size <= size && start - from <= size - text.size);
}

bool fuzz_is_clean(struct text text)
{
	size_t at;

	for (size_t i = 0; i < text.size; i++) {
		if ((unsigned char)text.start[i] < ' ' || text.start[i] == 0x7F) {
			return false;
		}
	}
	return text_is_utf8(text, &at);
}

char *fuzz_conf_path(const char *name)
{
	char *path;

	MUST_HOLD(asprintf(&path, FUZZ_SOURCE_ROOT "/conf/%s", name) > 0);
	return path;
}

const struct config *fuzz_config(void)
{
	static const struct config *config;

	if (config == NULL) {
		struct config_errors *errors = calloc(1, sizeof *errors);
		struct data_folders folders = {0};
		data_folders_add(&folders, FUZZ_SOURCE_ROOT "/conf");
		config = config_new_with_folders(NULL, &folders, 0, errors);
		config_errors_write(errors, stderr);
		MUST_HOLD(config != NULL);
		free(errors);
	}
	return config;
}

const char *fuzz_file(const void *data, size_t size)
{
	static char path[64];
	static int file = -1;

	if (file < 0) {
		file = memfd_create("fuzz", MFD_CLOEXEC);
		snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	}
	MUST_HOLD(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == (ssize_t)size);
	return path;
}

int fuzz_link_type(uint8_t choice)
{
	/* New ones before the last: the seeds name them by their places. */
	static const int types[] = {LINK_ETHERNET, LINK_RAW, LINK_LINUX_SLL, LINK_LINUX_SLL2, LINK_NULL,
		LINK_LOOP, LINK_IPV4, LINK_IPV6, LINK_PPP, LINK_PPP_SERIAL, LINK_ERF, LINK_RAW_OPENBSD,
		LINK_RAW_FILE, 147};

	return types[choice % COUNT_OF(types)];
}

#define LARGE ((size_t)64 * 1024)
#define BLOCKS_MAX 64

static struct {
	void *block, *mapping;
	size_t size;
} blocks[BLOCKS_MAX];

static bool blocks_wanted, blocks_forbidden;

void *__real_calloc(size_t count, size_t size);
void __real_free(void *block);
void *__wrap_calloc(size_t count, size_t size);
void __wrap_free(void *block);

void *__wrap_calloc(size_t count, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = (count * size + 15) / 16 * 16;
	size_t mapped = (bytes + page - 1) / page * page + page, i = 0;

	MUST_HOLD(!blocks_forbidden);
	while (i < BLOCKS_MAX && blocks[i].block != NULL) {
		i++;
	}
	if (!blocks_wanted || count * size < LARGE || i == BLOCKS_MAX) {
		return __real_calloc(count, size);
	}
	char *mapping = mmap(
		NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	MUST_HOLD(mapping != MAP_FAILED && mprotect(mapping + mapped - page, page, PROT_NONE) == 0);
	blocks[i].block = mapping + mapped - page - bytes;
	blocks[i].mapping = mapping;
	blocks[i].size = mapped;
	return blocks[i].block;
}

void __wrap_free(void *block)
{
	for (size_t i = 0; i < BLOCKS_MAX && block != NULL; i++) {
		if (blocks[i].block == block) {
			munmap(blocks[i].mapping, blocks[i].size);
			blocks[i].block = NULL;
			return;
		}
	}
	__real_free(block);
}

void fuzz_large_blocks(bool wanted)
{
	blocks_wanted = wanted;
}

void fuzz_forbid_blocks(bool forbidden)
{
	blocks_forbidden = forbidden;
}

#define TABLES_MAX 64

static struct {
	struct table *table;
	size_t capacity;
} tables[TABLES_MAX];

struct table *__real_table_new(const struct table_shape *shape);
void __real_table_free(struct table *table);
struct table *__wrap_table_new(const struct table_shape *shape);
void __wrap_table_free(struct table *table);

static void note_table(struct table *before, struct table *after, size_t capacity)
{
	size_t i = 0;

	while (i < TABLES_MAX && tables[i].table != before) {
		i++;
	}
	MUST_HOLD(i < TABLES_MAX);
	tables[i].table = after;
	tables[i].capacity = capacity;
}

struct table *__wrap_table_new(const struct table_shape *shape)
{
	struct table *table = __real_table_new(shape);

	note_table(NULL, table, shape->capacity);
	return table;
}

void __wrap_table_free(struct table *table)
{
	if (table != NULL) {
		note_table(table, NULL, 0);
	}
	__real_table_free(table);
}

void fuzz_check_tables(size_t largest)
{
	for (size_t i = 0; i < TABLES_MAX; i++) {
		MUST_HOLD(tables[i].capacity <= largest);
		MUST_HOLD(tables[i].table == NULL ||
			  table_figures(tables[i].table).entries <= tables[i].capacity);
	}
}
