/* SPDX-License-Identifier: MIT */
/* Every capture there is, through three cases and back: all accounted for,
 * and none refused that could be read. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/scene.h"
#include "tests/unit.h"

static const char *folder;
static unsigned captures;

/* What is no capture, by INDEX.tsv; the rest of the folder is none either. */
static bool
is_refused(const char *name)
{
	static const char *const names[] = {
		"libpcap_pcap-invalid-version-1.pcap",
		"libpcap_shb-option-too-long.pcapng",
		"zeek_nflog-http.pcap",
	};

	for (size_t i = 0; i < LB_COUNT(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return strstr(name, ".pcap") == NULL;
}

static void
play(const char *path, const char *name, bool reverse)
{
	struct scene s;
	const char *paths[] = { path };

	scene_open(&s);
	s.settings.paths = paths;
	s.settings.path_count = 1;
	s.settings.reverse = reverse;
	struct sim_record *r = scene_play(&s, NULL);
	scene_check(path, r);
	UNIT_EQUAL(name, r->input.files[0].unreadable, is_refused(name));
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
		play(path, entry->d_name, false);
		play(path, entry->d_name, true);
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
