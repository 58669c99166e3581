/* SPDX-License-Identifier: MIT */
/* Every capture there is, through three cases and back: all accounted for. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/scene.h"
#include "tests/unit.h"

static const char *folder;
static unsigned captures;

static void
play(const char *path, bool reverse)
{
	struct scene s;
	const char *paths[] = { path };

	scene_open(&s);
	s.settings.paths = paths;
	s.settings.path_count = 1;
	s.settings.reverse = reverse;
	struct sim_record *r = scene_play(&s, NULL);
	scene_check(path, r);
	captures += r->input.packets > 0;
	sim_record_free(r);
	scene_close(&s);
}

static void
test_captures(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (dir == NULL)
		abort();
	while ((entry = readdir(dir)) != NULL) {
		char path[4096];
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(
		    path, sizeof(path), "%s/%s", folder, entry->d_name);
		play(path, false);
		play(path, true);
	}
	(void)closedir(dir);
	CU_ASSERT(captures > 0);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "accounted for", test_captures },
		CU_TEST_INFO_NULL,
	};

	folder = getenv("FAIRLEAD_CAPTURES");
	DIR *dir = folder != NULL ? opendir(folder) : NULL;
	if (dir == NULL) {
		(void)puts("skipped: FAIRLEAD_CAPTURES names no folder");
		return 77;
	}
	(void)closedir(dir);
	return unit_main("sim: captures", tests);
}
