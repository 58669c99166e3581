/* SPDX-License-Identifier: MIT */
/* traces/capture.c on real captures: those of $FAIRLEAD_CAPTURES, against
 * what its INDEX.tsv says of them, and the bundled sample. */
#include "traces/capture.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names the row that failed, which CUnit does not know. */
#define CHECK(row, cond) check((row), (cond), #cond)

static void
check(const char *row, bool ok, const char *what)
{
	if (!ok)
		(void)fprintf(stderr, "  row \"%s\": %s\n", row, what);
	CU_ASSERT(ok);
}

#define INDEX_COLUMNS 16

/* Cuts a line at its tabs.  Missing columns are "". */
static void
index_split(char *line, const char *column[INDEX_COLUMNS])
{
	char *at = line;

	line[strcspn(line, "\r\n")] = '\0';
	for (int i = 0; i < INDEX_COLUMNS; i++) {
		char *tab = strchr(at, '\t');
		column[i] = at;
		at = tab == NULL ? at + strlen(at) : tab + 1;
		if (tab != NULL)
			*tab = '\0';
	}
}

/* Reads all of it and touches every byte that is said to be there. */
static int
read_all(struct trace *t, unsigned long *packets)
{
	struct trace_packet p;
	struct lb_packet pkt;
	volatile uint8_t sum = 0;
	int status;

	for (*packets = 0; (status = trace_next(t, &p)) == TRACE_PACKET;
	     (*packets)++) {
		for (uint32_t i = 0; i < p.captured_bytes; i++)
			sum = (uint8_t)(sum + p.data[i]);
		CU_ASSERT(p.wire_bytes >= p.captured_bytes);
		CU_ASSERT(trace_parse(&p, &pkt) < LB_PARSED_COUNT);
	}
	return status;
}

static void
check_capture(const char *captures, const char *const *column)
{
	const char *name = column[0], *link = column[6], *verdict = column[13];
	/* pcapng of several interfaces is read, though not by libpcap */
	bool sound = !strcmp(verdict, "ok") ||
		     strstr(verdict, "of the first interface") != NULL;
	bool ours = strcmp(link, "NFLOG(239)") != 0;
	char full[512], error[512];
	unsigned long packets;
	bool usage;

	(void)snprintf(full, sizeof(full), "%s/%s", captures, name);
	struct trace *t = trace_open(full, NULL, &usage, error, sizeof(error));
	if (t == NULL) {
		CHECK(name, !ours || !sound);
		CHECK(name, !strncmp(error, full, strlen(full)));
		return;
	}
	CHECK(name, ours);
	int status = read_all(t, &packets);
	CHECK(name, status == (sound ? TRACE_END : TRACE_DAMAGED));
	CHECK(name, !sound || packets == strtoul(column[8], NULL, 10));
	trace_close(t);
}

static void
test_captures(void)
{
	const char *captures = getenv("FAIRLEAD_CAPTURES");
	const char *column[INDEX_COLUMNS];
	char name[512], line[2048];
	int count = 0;

	(void)snprintf(name, sizeof(name), "%s/INDEX.tsv",
	    captures != NULL ? captures : "");
	FILE *f = captures == NULL ? NULL : fopen(name, "r");
	if (f == NULL) {
		(void)printf("skipped, no INDEX.tsv in $FAIRLEAD_CAPTURES ");
		return;
	}
	CU_ASSERT_PTR_NOT_NULL(fgets(line, sizeof(line), f));
	for (; fgets(line, sizeof(line), f) != NULL; count++) {
		index_split(line, column);
		check_capture(captures, column);
	}
	(void)fclose(f);
	(void)printf("%d files ", count);
	CU_ASSERT(count > 0);
}

/* The bundled sample is what its coap.txt says it is. */
static void
test_sample(void)
{
	const char *src = getenv("SRC");
	unsigned long packets, packets_said = 0;
	char name[512], error[512], line[256];
	bool usage;

	(void)snprintf(name, sizeof(name), "%s/traces/samples/coap.txt",
	    src != NULL ? src : ".");
	FILE *f = fopen(name, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	while (fgets(line, sizeof(line), f) != NULL)
		if (!strncmp(line, "packets ", 8))
			packets_said = strtoul(line + 8, NULL, 10);
	(void)fclose(f);

	(void)snprintf(name, sizeof(name), "%s/traces/samples/coap.pcap",
	    src != NULL ? src : ".");
	struct trace *t = trace_open(name, NULL, &usage, error, sizeof(error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	CU_ASSERT(trace_bytes_total(t) < 500000);
	CU_ASSERT_EQUAL(read_all(t, &packets), TRACE_END);
	CU_ASSERT_EQUAL(packets, packets_said);
	CU_ASSERT(packets > 1000);
	trace_close(t);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "captures", test_captures },
		{ "sample", test_sample },
		CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ "capture files", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	if (CU_initialize_registry() != CUE_SUCCESS ||
	    CU_register_suites(suites) != CUE_SUCCESS)
		return EXIT_FAILURE;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_ErrorCode ran = CU_basic_run_tests();
	unsigned failures =
	    CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return ran == CUE_SUCCESS && failures == 0 ? EXIT_SUCCESS
						   : EXIT_FAILURE;
}
