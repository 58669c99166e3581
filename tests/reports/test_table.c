/* SPDX-License-Identifier: MIT */
#include "reports/report.h"
#include "tests/reports/sample.h"
#include "tests/unit.h"
#include <stdlib.h>
#include <string.h>

/* Keys are all of equal weight here, so that no library's pow() has a say. */
/* clang-format off */
static const char three_modes[] =
"sample.pcap: 127 packets, 40 flows, 4.99 min\n"
"not replayed: 3 not IP, 4 ICMP\n"
"\n"
"five-tuple (maglev, 40 keys)\n"
"  backend   flows  share  +-fair  packets  share  +-fair  bytes  share  +-fair\n"
"  backend-1    12 30.0 % +20.0 %       36 30.0 % +20.0 %  8 160 30.0 % +20.0 %\n"
"  backend-2    11 27.5 % +10.0 %       33 27.5 % +10.0 %  7 480 27.5 % +10.0 %\n"
"  backend-3     8 20.0 % -20.0 %       24 20.0 % -20.0 %  5 440 20.0 % -20.0 %\n"
"  backend-4     9 22.5 % -10.0 %       27 22.5 % -10.0 %  6 120 22.5 % -10.0 %\n"
"  evenness  Jain    interval  perfect behaves like       p\n"
"  flows    0.976 0.816-0.995    0.930    3.90 of 4   0.801  like a perfect hash\n"
"  packets  0.976 0.816-0.995    0.930    3.90 of 4   0.801  like a perfect hash\n"
"  bytes    0.976 0.816-0.995    0.930    3.90 of 4   0.801  like a perfect hash\n"
"  dropped packets: 3 fragment\n"
"\n"
"source-ip (maglev, 2 keys)\n"
"  backend   flows  share  +-fair  packets  share  +-fair   bytes  share  +-fair\n"
"  backend-1     0    0 %  -100 %        0    0 %  -100 %       0    0 %  -100 %\n"
"  backend-2    20 50.0 %  +100 %       60 50.0 %  +100 %  13 600 50.0 %  +100 %\n"
"  backend-3     0    0 %  -100 %        0    0 %  -100 %       0    0 %  -100 %\n"
"  backend-4    20 50.0 %  +100 %       60 50.0 %  +100 %  13 600 50.0 %  +100 %\n"
"  evenness  Jain    interval  perfect behaves like       p\n"
"  flows    0.500           -    0.400    2.00 of 4       -  too few keys to test\n"
"  packets  0.500           -    0.400    2.00 of 4    1.00  like a perfect hash\n"
"  bytes    0.500           -    0.400    2.00 of 4    1.00  like a perfect hash\n"
"  dropped packets: 3 fragment\n"
"\n"
"source-ip-protocol (maglev, 4 keys)\n"
"  backend   flows  share  +-fair  packets  share  +-fair   bytes  share  +-fair\n"
"  backend-1     0    0 %  -100 %        0    0 %  -100 %       0    0 %  -100 %\n"
"  backend-2    10 25.0 %     0 %       30 25.0 %     0 %   6 800 25.0 %     0 %\n"
"  backend-3    10 25.0 %     0 %       30 25.0 %     0 %   6 800 25.0 %     0 %\n"
"  backend-4    20 50.0 %  +100 %       60 50.0 %  +100 %  13 600 50.0 %  +100 %\n"
"  evenness  Jain    interval  perfect behaves like       p\n"
"  flows    0.667           -    0.571    2.67 of 4       -  too few keys to test\n"
"  packets  0.667           -    0.571    2.67 of 4   0.909  like a perfect hash\n"
"  bytes    0.667           -    0.571    2.67 of 4   0.909  like a perfect hash\n"
"  dropped packets: 3 fragment\n"
"\n"
"Most even: five-tuple, by flows (Jain 0.976) and by bytes (Jain 0.976).\n"
"five-tuple spreads its 40 flows as a perfect hash would.\n"
"The traffic is skewed: too few keys to spread evenly, whatever the hash (it\n"
"  takes about 10 of equal weight per backend):\n"
"  source-ip: 2 clients, as good as 2.00 equal ones by flows, 2.00 by bytes\n"
"  source-ip-protocol: 4 client-protocol pairs, as good as 4.00 equal ones by\n"
"    flows, 4.00 by bytes\n";

static const char many_backends[] =
"sample.pcap: 1 507 packets, 500 flows, 4.99 min\n"
"not replayed: 3 not IP, 4 ICMP\n"
"\n"
"five-tuple (maglev, 500 keys)\n"
"  backend    flows  +-fair  packets  +-fair   bytes  +-fair\n"
"  backend-9     28 +34.4 %       84 +34.4 %  19 040 +34.4 %\n"
"  backend-12    28 +34.4 %       84 +34.4 %  19 040 +34.4 %\n"
"  backend-18    28 +34.4 %       84 +34.4 %  19 040 +34.4 %\n"
"  backend-23    25 +20.0 %       75 +20.0 %  17 000 +20.0 %\n"
"  backend-4     24 +15.2 %       72 +15.2 %  16 320 +15.2 %\n"
"  ... 14 backends between ...\n"
"  backend-3     17 -18.4 %       51 -18.4 %  11 560 -18.4 %\n"
"  backend-10    17 -18.4 %       51 -18.4 %  11 560 -18.4 %\n"
"  backend-11    17 -18.4 %       51 -18.4 %  11 560 -18.4 %\n"
"  backend-24    14 -32.8 %       42 -32.8 %   9 520 -32.8 %\n"
"  backend-17    13 -37.6 %       39 -37.6 %   8 840 -37.6 %\n"
"  evenness  Jain    interval  perfect behaves like       p\n"
"  flows    0.965 0.930-0.979    0.956   23.2 of 24   0.746  like a perfect hash\n"
"  packets  0.965 0.930-0.979    0.956   23.2 of 24   0.746  like a perfect hash\n"
"  bytes    0.965 0.930-0.979    0.956   23.2 of 24   0.746  like a perfect hash\n"
"  dropped packets: 3 fragment\n"
"\n"
"five-tuple spreads its 500 flows as a perfect hash would.\n";

static const char what_went_wrong[] =
"2 files: 7 packets, 0 flows, 4.99 min\n"
"not replayed: 3 not IP, 4 ICMP\n"
"5 flows show no SYN or known port: who spoke first is the client\n"
"the clock ran back at 1 234 packets, which were held at the latest time before\n"
"b?[2J.pcap: cut off\n"
"PARTIAL: some input could not be read\n"
"INTERRUPTED: what was replayed until then\n"
"\n"
"five-tuple (maglev, 0 keys)\n"
"  backend                  flows  +-fair  packets  +-fair  bytes  +-fair\n"
"  a-name-that...too-long-1     0       -        0       -      0       -\n"
"  a-name-that...too-long-2     0       -        0       -      0       -\n"
"  evenness  Jain    interval  perfect behaves like       p\n"
"  flows        -           -        -       - of 2       -  nothing to test\n"
"  packets      -           -        -       - of 2       -  nothing to test\n"
"  bytes        -           -        -       - of 2       -  nothing to test\n"
"  dropped packets: 3 fragment\n"
"  1 untracked (table full), 2 replies suppressed\n"
"\n"
"No traffic reached a backend.\n";
/* clang-format on */

static void
check_columns(const char *text)
{
	for (; *text != '\0'; text += strcspn(text, "\n") + 1)
		CU_ASSERT_TRUE(strcspn(text, "\n") <= 80);
}

static void
check(const struct sim_record *record, const char *wanted)
{
	char *text = NULL;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);
	report_table(record, to);
	(void)fclose(to);
	CU_ASSERT_STRING_EQUAL(text, wanted);
	check_columns(text);
	if (strcmp(text, wanted) != 0)
		(void)fputs(text, stdout);
	free(text);
}

static void
test_three_modes(void)
{
	struct sample_spec spec = { 4, 40, 0, NULL };
	struct sim_record *record = sample_record(&spec);
	check(record, three_modes);
	sample_free(record);
}

static void
test_many_backends(void)
{
	struct sample_spec spec = { 24, 500, 0, NULL };
	struct sim_record *record = sample_record(&spec);
	record->case_count = 1;
	check(record, many_backends);
	record->case_count = 3;
	sample_free(record);
}

static void
test_what_went_wrong(void)
{
	struct sample_spec spec = { 2, 0, 0, "a-name-that-is-too-long-" };
	struct sim_record *record = sample_record(&spec);
	struct sim_input *in = &record->input;
	struct sim_file *files = realloc(in->files, 2 * sizeof(*files));

	if (files == NULL)
		abort();
	files[1] = (struct sim_file){ .name = sample_copy("b\x1b[2J.pcap"),
		.packets = 3,
		.error = sample_copy("cut off") };
	in->files = files;
	in->file_count = 2;
	in->role_first = 5;
	in->backwards = 1234;
	record->partial = record->interrupted = true;
	record->cases[0].untracked = 1;
	record->cases[0].reply_suppressed = 2;
	record->case_count = 1;
	check(record, what_went_wrong);
	record->case_count = 3;
	sample_free(record);
}

/* However many there are, and however they are called. */
static void
test_columns(void)
{
	static const struct sample_spec specs[] = {
		{ 1, 1, 0, NULL },
		{ 2, 50, 1.1, NULL },
		{ 4, 20000, 1.1,
		    "a-name-that-is-longer-than-forty-characters-" },
		{ 50, 20000, 1.3, "host-" },
		{ 1000, 20000, 1.1, NULL },
	};

	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		struct sim_record *record = sample_record(&specs[i]);
		char *text = NULL;
		size_t bytes;
		FILE *to = open_memstream(&text, &bytes);

		report_table(record, to);
		report_closing(record, to);
		(void)fclose(to);
		check_columns(text);
		CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nbalance  five-tuple: "));
		free(text);
		sample_free(record);
	}
}

static void
test_closing(void)
{
	struct sample_spec spec = { 4, 40, 0, NULL };
	struct sim_record *record = sample_record(&spec);
	char *text = NULL;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);

	report_closing(record, to);
	(void)fclose(to);
	CU_ASSERT_STRING_EQUAL(text,
	    "\npackets  120 replayed, 27 200 bytes, in 4.99 min: 0.401/s, "
	    "727 bit/s\n"
	    "flows    40: 0.134/s\n"
	    "balance  five-tuple: Jain 0.976 by flows, 0.976 by bytes\n"
	    "         source-ip: Jain 0.500 by flows, 0.500 by bytes\n"
	    "         source-ip-protocol: Jain 0.667 by flows, 0.667 by "
	    "bytes\n");
	free(text);
	sample_free(record);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "three modes", test_three_modes },
		{ "many backends", test_many_backends },
		{ "what went wrong", test_what_went_wrong },
		{ "columns", test_columns },
		{ "closing", test_closing },
		CU_TEST_INFO_NULL,
	};

	return unit_main("table", tests);
}
