/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzz targets share. A target is one function that libFuzzer calls with one input after the other;
 * it ends the process when something does not hold that always must.
 */
#ifndef PBXGUARD_TESTS_FUZZ_H
#define PBXGUARD_TESTS_FUZZ_H

#include "pbxguard/base/reader.h"
#include "pbxguard/base/text.h"
#include "pbxguard/config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In every build, unlike assert. */
#define MUST_HOLD(condition) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))
_Noreturn void fuzz_fail(const char *file, int line, const char *condition);

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A heap block of exactly size bytes, so that a read past the end shows; the caller frees it. */
uint8_t *fuzz_copy(const void *data, size_t size);
/* Two pieces in one such block. */
uint8_t *fuzz_join(struct text first, struct text second);

/* Is text empty, or a part of the bytes? */
bool fuzz_lies_in(struct text text, const void *bytes, size_t size);
/* Neither a control byte nor a broken character: it can be shown and logged. */
bool fuzz_is_clean(struct text text);

/* The built-in defaults with the data of conf/, read once. */
const struct config *fuzz_config(void);
/* Of the source's conf/; a heap block, the caller's. */
char *fuzz_conf_path(const char *name);

/* A file in memory that holds the bytes; its path stays the same, and it holds until the next call. */
const char *fuzz_file(const void *data, size_t size);

/*
 * In fuzz builds: large blocks that are allocated while it is wanted come from pages of their own, with one
 * behind each that can't be touched. The sanitizer would mark megabytes of tables for each input, which takes
 * ten times as long as the input itself. Not for what lives on: the sanitizer does not see what it points to.
 */
void fuzz_large_blocks(bool wanted);
/* While it is forbidden, our own code may not allocate: libraries may. */
void fuzz_forbid_blocks(bool forbidden);

/* No table there is may hold more than largest entries, and none holds more than it may. */
void fuzz_check_tables(size_t largest);

/* A target may have it: called when whole folders have been replayed, not by libFuzzer. */
void fuzz_end(void) __attribute__((weak));

/* The link types by which the first byte of a packet is chosen; ends with one that nobody knows. */
int fuzz_link_type(uint8_t choice);

#endif
