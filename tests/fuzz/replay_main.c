/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stands in for libFuzzer in other builds: gives the target every file that is named, or lies in a folder
 * that is. */
#include "fuzz.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static size_t replayed;
static bool folders;

static int replay(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)place;
	if (kind != FTW_F) {
		folders = true;
		return kind == FTW_D ? 0 : 1;
	}
	size_t size = (size_t)status->st_size;
	uint8_t *bytes = malloc(size + 1);
	FILE *file = fopen(path, "rb");
	if (bytes == NULL || file == NULL || fread(bytes, 1, size, file) != size) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	fclose(file);
	fprintf(stderr, "%s\n", path); /* the last one is to blame */
	LLVMFuzzerTestOneInput(bytes, size);
	free(bytes);
	replayed++;
	return 0;
}

int main(int count, char **arguments)
{
	for (int i = 1; i < count; i++) {
		if (nftw(arguments[i], replay, 16, 0) != 0) {
			fprintf(stderr, "%s can't be read\n", arguments[i]);
			return EXIT_FAILURE;
		}
	}
	printf("%zu files replayed\n", replayed);
	if (folders && fuzz_end != NULL) {
		fuzz_end();
	}
	return replayed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
