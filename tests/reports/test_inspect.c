/* SPDX-License-Identifier: MIT */
/* What inspect prints: the text whole, the document by what is in it. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "reports/report.h"
#include "tests/reports/town.h"
#include "tests/unit.h"

#define DAY_NS UINT64_C(86400000000000)

/* clang-format off */
static const char plain[] =
"town.pcap: pcap, little-endian\n"
"  EN10MB, snaplen 65 535, microseconds\n"
"  4 packets, 2014-03-09 08:05:01.250 to 08:06:31.250 UTC (90.0 s)\n"
"flows: 4 (TCP 4, UDP 0), 4 packets, 1 300 bytes of IP\n"
"client known: 4 by SYN\n"
"\n"
"servers                                   flows    packets        bytes   share\n"
"  [2001:db8::1]:443 tcp                       4          4        1 300   100 %\n"
"\n"
"clients                                   flows    packets        bytes   share\n"
"  192.0.2.1                                   2          2        1 100  84.6 %\n"
"  192.0.2.2                                   2          2          200  15.4 %\n"
"\n"
"flows                                              packets        bytes   share\n"
"  192.0.2.1:40000 > [2001:db8::1]:443 tcp                1        1 000  76.9 %\n"
"  192.0.2.2:40001 > 2001:db8::2 tcp, no ports            1          100  7.69 %\n"
"  192.0.2.3:40002 > [2001:db8::3]:443 tcp                1          100  7.69 %\n"
"  192.0.2.4:40003 > [2001:db8::4]:443 tcp                1          100  7.69 %\n"
"\n"
"over 4 backends                  as good as equal keys      predicted Jain index\n"
"                            keys   by flows   by bytes     flows packets   bytes\n"
"  five-tuple                   4       4.00       1.64     0.571   0.571   0.354\n"
"  source-ip                    2       2.00       1.35     0.400   0.400   0.311\n"
"  source-ip-protocol           2       2.00       1.35     0.400   0.400   0.311\n"
"\n"
"Take five-tuple unless sessions need affinity (predicted Jain 0.571 by flows,\n"
"  0.354 by bytes): source-ip has 2 clients, as good as 2.00 equal ones by flows\n"
"  and 1.35 by bytes, where 4 backends want about 40 (predicted Jain 0.400 by\n"
"  flows, 0.311 by bytes).\n"
"- One flow has 76.9 % of the bytes, and no mode divides a flow: its backend will\n"
"  carry that much.\n";

static const char odd[] =
"bad?[2J.pcap\n"
"  can't be opened\n"
"town.pcap: pcapng in gzip, big-endian\n"
"  eth?: EN10MB, nanoseconds, 300 packets\n"
"  link type 999, snaplen 96, 1/1024 s, 0 packets\n"
"  300 packets, 2014-03-09 08:05:01 to 2014-04-08 08:05:01 UTC (30.0 days)\n"
"together\n"
"  300 packets, 2014-03-09 08:05:01 to 2014-04-08 08:05:01 UTC (30.0 days)\n"
"PARTIAL: some input could not be read\n"
"not balanced: 1 not IP, 2 truncated, 3 malformed, 4 of another protocol, 5 ICMP\n"
"odd packets: 6 cut off by the snaplen, 7 fragments, 8 earlier than one before\n"
"idle timeout: 9 times a flow was silent for 4 min or more and went on\n"
"flows of 192.0.2.9:80: 300 (TCP 200, UDP 100), 300 packets, 30 000 bytes of IP\n"
"client known, reversed: 200 by SYN, 60 by a well-known port, 40 guessed (spoke first)\n"
"one-sided: 10 without an answer, 11 of which only answers were captured\n"
"never opened: 12 TCP (SYN, and no ACK to follow)\n"
"\n"
"busiest servers of 77                     flows    packets        bytes   share\n";

static const char nothing[] =
"town.pcap: pcap, little-endian\n"
"  EN10MB, snaplen 65 535, microseconds\n"
"  0 packets\n"
"\n"
"There is nothing to balance: no TCP or UDP packet in what could be read.\n";
/* clang-format on */

/* The caller frees it. */
static char *
printed(const struct sim_survey *s, bool json)
{
	char *text = NULL;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);

	UNIT_NEED(to);
	if (json) {
		CU_ASSERT_EQUAL(report_inspect_json(s, 4, to), 0);
	} else {
		report_inspect(s, 4, to);
	}
	(void)fclose(to);
	return text;
}

static void
test_plain(void)
{
	struct sim_survey *s =
	    town_survey(&(struct town_spec){ 2, 2, 1000, 90 });
	char *text = printed(s, false);

	if (strcmp(text, plain) != 0)
		(void)fputs(text, stderr);
	CU_ASSERT_STRING_EQUAL(text, plain);
	free(text);
	sim_survey_free(s);
}

static void
test_nothing(void)
{
	struct sim_survey *s = town_survey(&(struct town_spec){ 0, 0, 0, 0 });
	char *text = printed(s, false);

	CU_ASSERT_STRING_EQUAL(text, nothing);
	free(text);
	sim_survey_free(s);
}

/* A second file, and everything that can be odd. */
static void
make_odd(struct sim_survey *s)
{
	struct sim_file *files = calloc(3, sizeof(*files));
	struct sim_survey_file *seen = calloc(3, sizeof(*seen));

	UNIT_NEED(files);
	UNIT_NEED(seen);
	files[0].name = strdup("bad\033[2J.pcap");
	files[0].error = strdup("can't be opened");
	files[0].unreadable = true;
	files[1] = s->input.files[0];
	s->last_ns = s->first_ns + 30 * DAY_NS;
	seen[1] = s->files[0];
	seen[1].format = "pcapng";
	seen[1].packing = "gzip";
	seen[1].big_endian = true;
	seen[1].last_ns = s->last_ns;
	free(seen[1].interfaces);
	seen[1].interfaces = calloc(2, sizeof(*seen[1].interfaces));
	seen[1].interface_count = 2;
	seen[1].interfaces[0] = (struct sim_survey_interface){
		.link = "EN10MB",
		.link_type = 1,
		.name = "eth\n",
		.units_per_s = 1000000000,
		.packets = 300,
	};
	seen[1].interfaces[1] = (struct sim_survey_interface){
		.link_type = 999,
		.snaplen = 96,
		.units_per_s = 1024,
	};
	free(s->input.files);
	free(s->files);
	s->input.files = files;
	s->files = seen;
	s->input.file_count = 2;
	s->partial = s->reverse = true;
	s->input.not_ip = 1;
	s->input.truncated = 2;
	s->input.malformed = 3;
	s->input.other_protocol = 4;
	s->input.icmp = 5;
	s->cut = 6;
	s->fragments = 7;
	s->input.backwards = 8;
	s->pauses = 9;
	s->only_client = 10;
	s->only_server = 11;
	s->half_open = 12;
	s->tcp_flows = 200;
	s->role_syn = 200;
	s->role_port = 60;
	s->role_first = 40;
	s->server_count = 77;
	(void)strcpy(s->vip, "192.0.2.9:80");
}

static void
test_odd(void)
{
	struct sim_survey *s = town_survey(&(struct town_spec){ 300, 1, 0, 9 });

	make_odd(s);
	char *text = printed(s, false);
	if (strncmp(text, odd, strlen(odd)) != 0)
		(void)fputs(text, stderr);
	CU_ASSERT_EQUAL(strncmp(text, odd, strlen(odd)), 0);
	/* where nobody stands out, nobody is named */
	CU_ASSERT_PTR_NOT_NULL(strstr(text,
	    "\nclients: none of 300 has more than 0.333 % of the bytes\n"));
	free(text);
	sim_survey_free(s);
}

/* --- the document -------------------------------------------------------- */

/* What stands at a path of names and numbers, as JSON; "?" when it is not
 * there.  The caller frees it. */
static char *
at(json_t *o, const char *path)
{
	char copy[128], *state = NULL;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	for (char *word = strtok_r(copy, ".", &state); word != NULL;
	     word = strtok_r(NULL, ".", &state))
		o = json_is_array(o)
			? json_array_get(o, strtoul(word, NULL, 10))
			: json_object_get(o, word);
	char *text = o != NULL ? json_dumps(o, JSON_ENCODE_ANY | JSON_COMPACT |
						   JSON_REAL_PRECISION(4))
			       : NULL;
	return text != NULL ? text : strdup("?");
}

struct stands {
	const char *path, *value;
};

static void
check_document(const struct sim_survey *s, const struct stands *stands)
{
	char *text = printed(s, true);
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	UNIT_NEED(o);
	CU_ASSERT_EQUAL(text[strlen(text) - 1], '\n');
	for (; stands->path != NULL; stands++) {
		char *value = at(o, stands->path);
		UNIT_NEED(value);
		if (strcmp(value, stands->value) != 0)
			(void)fprintf(stderr, "  %s is %s, not %s\n",
			    stands->path, value, stands->value);
		CU_ASSERT_STRING_EQUAL(value, stands->value);
		free(value);
	}
	json_decref(o);
	free(text);
}

static void
test_document(void)
{
	static const struct stands stands[] = {
		{ "fairlead", "\"0.1.0\"" },
		{ "schema", "1" },
		{ "partial", "false" },
		{ "interrupted", "false" },
		{ "input.files.0.name", "\"town.pcap\"" },
		{ "input.files.0.error", "null" },
		{ "input.files.0.format", "\"pcap\"" },
		{ "input.files.0.byte_order", "\"little-endian\"" },
		{ "input.files.0.packing", "null" },
		{ "input.files.0.interfaces.0",
		    "{\"name\":null,\"link_type\":1,\"link\":\"EN10MB\","
		    "\"snaplen\":65535,\"units_per_s\":1000000,\"packets\":"
		    "4}" },
		{ "input.files.0.packets", "4" },
		{ "input.first", "\"2014-03-09T08:05:01.250000000Z\"" },
		{ "input.last", "\"2014-03-09T08:06:31.250000000Z\"" },
		{ "input.duration_s", "90.0" },
		{ "input.longest_gap", "{\"seconds\":0.0,\"after\":null}" },
		{ "input.backwards", "0" },
		{ "input.cut", "0" },
		{ "input.fragments", "0" },
		{ "input.skipped",
		    "{\"not_ip\":0,\"truncated\":0,\"malformed\":0,"
		    "\"other_protocol\":0,\"icmp\":0}" },
		{ "traffic",
		    "{\"vip\":null,\"reverse\":false,\"flows\":4,\"tcp\":4,"
		    "\"udp\":0,\"packets\":4,\"bytes\":1300,\"role_by\":"
		    "{\"syn\":4,\"port\":0,\"first\":0},\"only_client\":0,"
		    "\"only_server\":0,\"half_open\":0,\"unanswered\":0,"
		    "\"pauses\":0,\"control_channels\":[]}" },
		{ "servers",
		    "{\"count\":1,\"busiest\":[{\"address\":\"2001:db8::1\","
		    "\"port\":443,\"protocol\":\"tcp\",\"flows\":4,"
		    "\"packets\":4,\"bytes\":1300}]}" },
		{ "backends", "4" },
		{ "modes.0.name", "\"five-tuple\"" },
		{ "modes.0.keys", "4" },
		{ "modes.0.equal_keys.flows", "4.0" },
		{ "modes.0.predicted_jain.flows", "0.5714" },
		{ "modes.0.heaviest.1",
		    "{\"client\":\"192.0.2.2\",\"client_port\":40001,"
		    "\"server\":\"2001:db8::2\",\"server_port\":null,"
		    "\"protocol\":\"tcp\",\"flows\":1,\"packets\":1,"
		    "\"bytes\":100}" },
		{ "modes.1.name", "\"source-ip\"" },
		{ "modes.1.heaviest.0",
		    "{\"client\":\"192.0.2.1\",\"client_port\":null,"
		    "\"server\":null,\"server_port\":null,\"protocol\":null,"
		    "\"flows\":2,\"packets\":2,\"bytes\":1100}" },
		{ "modes.2.predicted_jain.bytes", "0.3107" },
		{ "advice.mode", "\"five-tuple\"" },
		{ "advice.why", "\"few-clients\"" },
		{ "advice.notes.0.about", "\"few-flows\"" },
		{ NULL, NULL },
	};
	struct sim_survey *s =
	    town_survey(&(struct town_spec){ 2, 2, 1000, 90 });

	check_document(s, stands);
	sim_survey_free(s);
}

/* What is not known is null: never a missing key, never a NaN. */
static void
test_unknown(void)
{
	static const struct stands stands[] = {
		{ "input.files.0.first", "null" },
		{ "input.first", "null" },
		{ "modes.0.equal_keys.flows", "null" },
		{ "modes.0.predicted_jain.bytes", "null" },
		{ "modes.2.heaviest", "[]" },
		{ "servers", "{\"count\":0,\"busiest\":[]}" },
		{ "advice.mode", "null" },
		{ "advice.notes", "[]" },
		{ NULL, NULL },
	};
	static const struct stands odd_ones[] = {
		{ "partial", "true" },
		{ "input.files.0.error", "\"can't be opened\"" },
		{ "input.files.0.format", "null" },
		{ "input.files.0.byte_order", "null" },
		{ "input.files.1.packing", "\"gzip\"" },
		{ "input.files.1.interfaces.0.snaplen", "null" },
		{ "input.files.1.interfaces.1.link", "null" },
		{ "traffic.vip", "\"192.0.2.9:80\"" },
		{ "traffic.udp", "100" },
		{ NULL, NULL },
	};
	struct sim_survey *s = town_survey(&(struct town_spec){ 0, 0, 0, 0 });

	check_document(s, stands);
	sim_survey_free(s);
	s = town_survey(&(struct town_spec){ 300, 1, 0, 9 });
	make_odd(s);
	check_document(s, odd_ones);
	sim_survey_free(s);
}

static void
test_full_disk(void)
{
	struct sim_survey *s = town_survey(&(struct town_spec){ 2, 2, 0, 90 });
	FILE *full = fopen("/dev/full", "w");

	if (full != NULL) {
		CU_ASSERT_EQUAL(report_inspect_json(s, 4, full), -1);
		(void)fclose(full);
	}
	sim_survey_free(s);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "plain", test_plain },
		{ "nothing", test_nothing },
		{ "odd", test_odd },
		{ "the document", test_document },
		{ "unknown", test_unknown },
		{ "a full disk", test_full_disk },
		CU_TEST_INFO_NULL,
	};

	return unit_main("reports: inspect", tests);
}
