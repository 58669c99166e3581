/* SPDX-License-Identifier: MIT */
/* Replays a corpus through a fuzz target, with any compiler: every file of
 * the folder FUZZ_CORPUS under $SRC. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include "tests/fuzz/fuzz.h"

#ifndef FUZZ_CORPUS
#define FUZZ_CORPUS "tests/fuzz/corpus" /* each target's own is given by -D */
#endif
#define INPUT_BYTES_MAX (1u << 20)
#define SKIPPED         77

static int
replay(const char *folder, const char *name)
{
	static uint8_t input[INPUT_BYTES_MAX];
	char path[8192];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "rbe");
	if (file == NULL) {
		perror(path);
		return -1;
	}
	size_t bytes = fread(input, 1, sizeof(input), file);
	(void)fclose(file);
	(void)fprintf(stderr, "%s: %zu bytes\n", name, bytes);
	return LLVMFuzzerTestOneInput(input, bytes);
}

int
main(void)
{
	const char *src = getenv("SRC");
	char folder[4096];
	unsigned count = 0, failed = 0;

	(void)snprintf(folder, sizeof(folder), "%s/%s", src == NULL ? "." : src,
	    FUZZ_CORPUS);
	DIR *dir = opendir(folder);
	if (dir == NULL) {
		perror(folder);
		return SKIPPED;
	}
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		count++;
		failed += replay(folder, entry->d_name) != 0;
	}
	(void)closedir(dir);
	(void)printf("%u inputs, %u failed\n", count, failed);
	return count > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
