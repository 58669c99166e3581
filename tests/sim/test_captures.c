/* SPDX-License-Identifier: MIT */
/*
 * Every capture there is.  Through the library, in three cases and back: all
 * packets are accounted for.  Through the program: packets, flows and exit
 * code as INDEX.tsv has them, or as the table below says and why.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/sim/scene.h"
#include "tests/unit.h"

#define PATH_BYTES 4096u
#define LINE_BYTES 4096u

static const char *folder, *program;

/* --- what to expect ------------------------------------------------------ */

struct expected {
	const char *file;
	int exit_code;
	uint64_t packets, flows;
};

/*
 * Where INDEX.tsv is not what a run of the program should say.
 *
 * Flows: each of these was counted a second time from the raw bytes, by other
 * code than ours.  The index counts what has ports.  By design.md 8 a
 * datagram's later fragments, which have none, are a flow per (ends,
 * protocol): they are replayed and somebody gets them, so they are counted.
 */
static const struct expected differing[] = {
	/* 21 flows with ports, and the later fragments of 7 pairs of hosts. */
	{ "ndpi_dns_fragmented.pcap", 0, 66, 28 },
	/* 14, and one pair of hosts with 149 later fragments. */
	{ "tcpdump_afs.pcap", 0, 601, 15 },
	/* 2, and their two senders' 32 later fragments. */
	{ "pcpp_ip6_fragments.pcap", 0, 36, 4 },
	/* Damaged on purpose.  244 flows with ports, and later fragments of 7
	 * pairs of hosts.  The index has two more, of packets that are
	 * malformed: number 86 leaves TCP 12 bytes of its total length,
	 * number 303 says that its IP header is 4 bytes long. */
	{ "ndpi_fuzz-2006-06-26-2594.pcap", 0, 691, 251 },

	/* A record that claims to be longer than any can be, after 18. */
	{ "suricata_smtp-to-comma.pcap", 4, 18, 1 },
	/* Version 2.0 of the format has a record's two lengths the other way
	 * round: a packet of 197 bytes that is no IP, and then 2 bytes where
	 * 16 should be.  The index took it for unreadable. */
	{ "ndpi_fuzz-2021-10-13.pcap", 4, 1, 0 },
	/* Version 1.4, which nobody reads, libpcap neither. */
	{ "libpcap_pcap-invalid-version-1.pcap", 3, 0, 0 },
	/* The two lengths of its section header differ. */
	{ "libpcap_shb-option-too-long.pcapng", 3, 0, 0 },
	/* Link type NFLOG: IP is inside of attributes, which nobody unpacks. */
	{ "zeek_nflog-http.pcap", 3, 0, 0 },
};

static const struct expected *
find_differing(const char *file)
{
	for (size_t i = 0; i < LB_COUNT(differing); i++)
		if (strcmp(differing[i].file, file) == 0)
			return &differing[i];
	return NULL;
}

/* --- the index ----------------------------------------------------------- */

/* Number of a column in a line of tab-separated names, from 0; -1: none. */
static int
find_column(const char *line, const char *name)
{
	const size_t bytes = strlen(name);

	for (int i = 0; line != NULL; i++) {
		size_t here = strcspn(line, "\t\n");
		if (here == bytes && strncmp(line, name, bytes) == 0)
			return i;
		line = line[here] == '\t' ? line + here + 1 : NULL;
	}
	return -1;
}

/* The text of a column, up to its end; NULL: there are fewer. */
static const char *
column_of(const char *line, int column)
{
	while (line != NULL && column-- > 0) {
		line = strchr(line, '\t');
		if (line != NULL)
			line++;
	}
	return line;
}

struct index {
	FILE *file;
	int packets, flows; /* columns; the name is the first */
};

/* False: there is no index in the folder. */
static bool
index_open(struct index *index)
{
	char path[PATH_BYTES], line[LINE_BYTES];

	(void)snprintf(path, sizeof(path), "%s/INDEX.tsv", folder);
	index->file = fopen(path, "r");
	if (index->file == NULL)
		return false;
	const char *head = fgets(line, sizeof(line), index->file);
	UNIT_NEED(head);
	CU_ASSERT_EQUAL(find_column(head, "file"), 0);
	index->packets = find_column(head, "packets");
	index->flows = find_column(head, "flows_bidir_5tuple");
	CU_ASSERT_FATAL(index->packets > 0 && index->flows > 0);
	return true;
}

/* The next capture and what to expect of it; name is filled. */
static bool
index_next(
    const struct index *index, char name[LINE_BYTES], struct expected *expected)
{
	const struct expected *other;

	if (fgets(name, LINE_BYTES, index->file) == NULL)
		return false;
	const char *packets = column_of(name, index->packets);
	const char *flows = column_of(name, index->flows);
	UNIT_NEED(packets);
	UNIT_NEED(flows);
	*expected = (struct expected){
		.packets = strtoull(packets, NULL, 10),
		.flows = strtoull(flows, NULL, 10),
	};
	name[strcspn(name, "\t\n")] = '\0';
	other = find_differing(name);
	if (other != NULL)
		*expected = *other;
	expected->file = name;
	return true;
}

/* --- the program --------------------------------------------------------- */

/* Its exit code, and what it says on stdout with --json; NULL: nothing. */
static int
run_program(const char *file, bool reverse, json_t **said)
{
	char command[2 * PATH_BYTES];
	json_error_t error;

	(void)snprintf(command, sizeof(command),
	    "exec '%s' sim --no-report --json --quiet %s '%s/%s' 2>/dev/null",
	    program, reverse ? "--reverse" : "", folder, file);
	FILE *out = popen(command, "r"); // NOLINT: names from a file of ours
	UNIT_NEED(out);
	*said = json_loadf(out, JSON_DISABLE_EOF_CHECK, &error);
	while (fgetc(out) != EOF)
		; /* else it may die of SIGPIPE */
	int status = pclose(out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
check_program(const struct expected *expected, bool reverse)
{
	const char *row = expected->file;
	json_t *said;

	int exit_code = run_program(row, reverse, &said);
	UNIT_EQUAL(row, exit_code, expected->exit_code);
	UNIT_ROW(row, (said != NULL) == (exit_code == 0 || exit_code == 4));
	if (said == NULL)
		return;
	const json_t *input = json_object_get(said, "input");
	UNIT_EQUAL(row, json_integer_value(json_object_get(input, "packets")),
	    expected->packets);
	UNIT_EQUAL(row, json_integer_value(json_object_get(input, "flows")),
	    expected->flows);
	UNIT_ROW(row, json_is_true(json_object_get(said, "partial")) ==
			  (expected->exit_code == 4));
	json_decref(said);
}

static void
test_index(void)
{
	struct index index;
	struct expected expected;
	char name[LINE_BYTES];
	unsigned rows = 0;

	if (!index_open(&index)) {
		(void)printf("no INDEX.tsv; ");
		return;
	}
	while (index_next(&index, name, &expected)) {
		check_program(&expected, false);
		check_program(&expected, true);
		rows++;
	}
	CU_ASSERT(rows > 0);
	(void)fclose(index.file);
}

/* --- the library --------------------------------------------------------- */

static bool
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
	bool packets = r->input.packets > 0;
	sim_record_free(r);
	scene_close(&s);
	return packets;
}

static void
test_accounting(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	unsigned captures = 0;

	UNIT_NEED(dir);
	while ((entry = readdir(dir)) != NULL) {
		char path[PATH_BYTES];
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(
		    path, sizeof(path), "%s/%s", folder, entry->d_name);
		captures += play(path, false);
		captures += play(path, true);
	}
	(void)closedir(dir);
	CU_ASSERT(captures > 0);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "accounted for", test_accounting },
		{ "as the index says", test_index },
		CU_TEST_INFO_NULL,
	};

	folder = getenv("FAIRLEAD_CAPTURES");
	program = getenv("FAIRLEAD");
	DIR *dir = folder != NULL ? opendir(folder) : NULL;
	if (dir == NULL) {
		(void)puts("skipped: FAIRLEAD_CAPTURES names no folder");
		return 77;
	}
	(void)closedir(dir);
	if (program == NULL) {
		(void)puts("FAIRLEAD must name the program");
		return 1;
	}
	return unit_main("sim: captures", tests);
}
