/* SPDX-License-Identifier: MIT */
/* What captures are made of, as a person reads it: 80 columns, plain ASCII. */
#include "reports/report.h"
#include "reports/inspect/advice.h"
#include "reports/text/lines.h"
#include "reports/text/text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INTERFACES_SHOWN 8
#define END_COLUMNS      36   /* of an address and its port */
#define FLOW_COLUMNS     45   /* of two */
#define CROWD_SHARE      0.01 /* of the bytes; below it nobody stands out */

#define TINY_SHARE 0.0001
#define NO_PORTS   ", no ports" /* of fragments */

enum { FIVE_TUPLE, SOURCE_IP };

/* One line of words, wrapped. */
static void
put_line(FILE *to, const char *head, const char *raw)
{
	char *clean = report_clean(raw, true), *line = NULL;

	if (clean != NULL && asprintf(&line, "%s%s", head, clean) >= 0) {
		report_put_wrapped(to, line);
		free(line);
	}
	free(clean);
}

/* --- files --------------------------------------------------------------- */

static const char *
unit_name(uint64_t units_per_s, char *text)
{
	switch (units_per_s) {
	case 1000000000:
		return "nanoseconds";
	case 1000000:
		return "microseconds";
	case 1000:
		return "milliseconds";
	case 1:
		return "seconds";
	default:
		report_format(text, REPORT_TEXT_BYTES, "1/%llu s",
		    (unsigned long long)units_per_s);
		return text;
	}
}

/* "eth0: EN10MB, snaplen 65 535, microseconds" */
static void
put_interface(FILE *to, const struct sim_survey_interface *i)
{
	char unit[REPORT_TEXT_BYTES];

	if (i->name[0] != '\0') {
		report_put_name(to, i->name, 24, false);
		report_put(to, ": ");
	}
	if (i->link != NULL)
		report_print(to, "%s", i->link);
	else
		report_print(to, "link type %d", i->link_type);
	if (i->snaplen > 0) {
		report_put(to, ", snaplen ");
		report_put_count(to, i->snaplen);
	}
	report_print(to, ", %s", unit_name(i->units_per_s, unit));
}

static void
put_interfaces(FILE *to, const struct sim_survey_file *seen)
{
	for (size_t i = 0; i < seen->interface_count; i++) {
		if (i == INTERFACES_SHOWN) {
			report_put(to, "  ... and ");
			report_put_count(to, seen->interface_count - i);
			report_put(to, " more interfaces\n");
			return;
		}
		report_put(to, "  ");
		put_interface(to, &seen->interfaces[i]);
		if (seen->interface_count > 1) {
			report_put(to, ", ");
			report_put_count(to, seen->interfaces[i].packets);
			report_put(to, " packets");
		}
		report_put(to, "\n");
	}
}

/* "2 011 packets, 2014-03-09 08:05:01.250 to 08:05:24.335 UTC (23.1 s)" */
static void
put_span(FILE *to, uint64_t packets, uint64_t first_ns, uint64_t last_ns)
{
	char first[REPORT_TEXT_BYTES], last[REPORT_TEXT_BYTES];
	char span[REPORT_TEXT_BYTES];
	const size_t date = strlen("2014-03-09 ");
	const size_t seconds = strlen("2014-03-09 08:05:01");

	report_put_count(to, packets);
	report_put(to, packets == 1 ? " packet" : " packets");
	if (packets == 0) {
		report_put(to, "\n");
		return;
	}
	report_time(first, first_ns);
	report_time(last, last_ns);
	const bool same_day = strncmp(first, last, date) == 0;
	if (!same_day) /* then milliseconds only fill the line */
		first[seconds] = last[seconds] = '\0';
	report_print(to, ", %s", first);
	if (last_ns > first_ns)
		report_print(to, " to %s UTC (%s)\n",
		    same_day ? last + date : last,
		    report_span(span, &report_terminal, last_ns - first_ns));
	else
		report_put(to, " UTC\n");
}

static void
put_file(
    FILE *to, const struct sim_file *file, const struct sim_survey_file *seen)
{
	report_put_name(to, file->name, SIZE_MAX, false);
	if (seen->format != NULL)
		report_print(to, ": %s%s%s, %s-endian", seen->format,
		    seen->packing != NULL ? " in " : "",
		    seen->packing != NULL ? seen->packing : "",
		    seen->big_endian ? "big" : "little");
	report_put(to, "\n");
	put_interfaces(to, seen);
	if (seen->format != NULL) {
		report_put(to, "  ");
		put_span(to, file->packets, seen->first_ns, seen->last_ns);
	}
	if (file->error != NULL)
		put_line(to, "  ", file->error);
}

static void
put_files(FILE *to, const struct sim_survey *s)
{
	const struct sim_input *in = &s->input;

	for (size_t i = 0; i < in->file_count; i++)
		put_file(to, &in->files[i], &s->files[i]);
	if (in->file_count > 1) {
		report_put(to, "together\n  ");
		put_span(to, in->packets, s->first_ns, s->last_ns);
	}
	if (s->partial && !s->interrupted)
		report_put(to, "PARTIAL: some input could not be read\n");
	if (s->interrupted)
		report_put(to, "INTERRUPTED: what was read until then\n");
}

/* --- traffic ------------------------------------------------------------- */

static void
put_skipped(FILE *to, const struct sim_survey *s)
{
	const struct sim_input *in = &s->input;
	const struct report_counted skipped[] = {
		{ "not IP", in->not_ip },
		{ "truncated", in->truncated },
		{ "malformed", in->malformed },
		{ "of another protocol", in->other_protocol },
		{ "ICMP", in->icmp },
	};
	const struct report_counted odd[] = {
		{ "cut off by the snaplen", s->cut },
		{ "fragments", s->fragments },
		{ "earlier than one before", in->backwards },
	};

	report_put_counted(to, "not balanced: ", skipped,
	    sizeof(skipped) / sizeof(skipped[0]));
	report_put_counted(
	    to, "odd packets: ", odd, sizeof(odd) / sizeof(odd[0]));
	if (s->pauses > 0) {
		report_put(to, "idle timeout: ");
		report_put_count(to, s->pauses);
		report_print(to,
		    " time%s a flow was silent for 4 min or more and went on\n",
		    s->pauses == 1 ? "" : "s");
	}
}

static void
put_flows(FILE *to, const struct sim_survey *s)
{
	const struct report_counted roles[] = {
		{ "by SYN", s->role_syn },
		{ "by a well-known port", s->role_port },
		{ "guessed (spoke first)", s->role_first },
	};
	const struct report_counted sides[] = {
		{ "without an answer", s->only_client },
		{ "of which only answers were captured", s->only_server },
	};

	if (s->vip[0] != '\0')
		report_print(to, "flows of %s: ", s->vip);
	else
		report_put(to, "flows: ");
	report_put_count(to, s->flows);
	report_put(to, " (TCP ");
	report_put_count(to, s->tcp_flows);
	report_put(to, ", UDP ");
	report_put_count(to, s->flows - s->tcp_flows);
	report_put(to, "), ");
	report_put_count(to, s->packets);
	report_put(to, s->packets == 1 ? " packet, " : " packets, ");
	report_put_count(to, s->bytes);
	report_put(to, " bytes of IP\n");
	report_put_counted(to,
	    s->reverse ? "client known, reversed: " : "client known: ", roles,
	    sizeof(roles) / sizeof(roles[0]));
	report_put_counted(
	    to, "one-sided: ", sides, sizeof(sides) / sizeof(sides[0]));
	if (s->half_open > 0) {
		report_put(to, "never opened: ");
		report_put_count(to, s->half_open);
		report_put(to, " TCP (SYN, and no ACK to follow)\n");
	}
}

/* --- tables -------------------------------------------------------------- */

/* "192.0.2.1:80", "[2001:db8::1]:80"; without port, the address. */
static void
format_end(char *to, size_t bytes, const char *address, uint16_t port)
{
	bool six = strchr(address, ':') != NULL;

	if (port == 0)
		report_format(to, bytes, "%s", address);
	else
		report_format(to, bytes, "%s%s%s:%u", six ? "[" : "", address,
		    six ? "]" : "", port);
}

/* A long name has a line of its own. */
static void
put_name(FILE *to, const char *name, int columns)
{
	report_print(to, "  %-*s", columns, name);
	if (strlen(name) > (size_t)columns)
		report_print(to, "\n  %-*s", columns, "");
}

static void
put_weight(FILE *to, const struct sim_key *weight, uint64_t bytes_total)
{
	char packets[REPORT_TEXT_BYTES], bytes[REPORT_TEXT_BYTES];
	char share[REPORT_TEXT_BYTES];
	const struct report_script *s = &report_terminal;
	double ratio =
	    bytes_total > 0 ? (double)weight->bytes / (double)bytes_total : NAN;

	report_print(to, " %10s %12s %7s\n",
	    report_count(packets, s, weight->packets),
	    report_count(bytes, s, weight->bytes),
	    ratio > 0 && ratio < TINY_SHARE ? "<0.01 %"
					    : report_percent(share, s, ratio));
}

/* One who has flows. */
static void
put_end(FILE *to, const char *name, const struct sim_key *weight,
    uint64_t bytes_total)
{
	char flows[REPORT_TEXT_BYTES];

	put_name(to, name, END_COLUMNS);
	report_print(
	    to, "%9s", report_count(flows, &report_terminal, weight->flows));
	put_weight(to, weight, bytes_total);
}

/* "busiest clients of 513" */
static void
put_head(FILE *to, const char *order, const char *what, uint64_t count)
{
	char head[2 * REPORT_TEXT_BYTES], digits[REPORT_TEXT_BYTES];
	const bool has_flows = strcmp(what, "flows") != 0;

	report_count(digits, &report_terminal, count);
	if (count > SIM_SURVEY_TOP)
		report_format(
		    head, sizeof(head), "%s %s of %s", order, what, digits);
	else
		report_format(head, sizeof(head), "%s", what);
	if (has_flows)
		report_print(to, "\n%-*s%9s", END_COLUMNS + 2, head, "flows");
	else
		report_print(to, "\n%-*s", FLOW_COLUMNS + 2, head);
	report_print(to, " %10s %12s %7s\n", "packets", "bytes", "share");
}

static void
put_servers(FILE *to, const struct sim_survey *s)
{
	char end[REPORT_TEXT_BYTES], name[2 * REPORT_TEXT_BYTES];

	put_head(to, "busiest", "servers", s->server_count);
	for (size_t i = 0; i < s->server_count && i < SIM_SURVEY_TOP; i++) {
		const struct sim_survey_end *e = &s->servers[i];
		const struct sim_key weight = {
			.flows = e->flows,
			.packets = e->packets,
			.bytes = e->bytes,
		};
		format_end(end, sizeof(end), e->address, e->port);
		report_format(name, sizeof(name), "%s %s%s", end, e->proto,
		    e->port == 0 ? NO_PORTS : "");
		put_end(to, name, &weight, s->bytes);
	}
}

/* Where no key stands out, that is all there is to say. */
static bool
put_crowd(FILE *to, const struct sim_survey *s, const struct sim_survey_mode *m,
    const char *what)
{
	char share[REPORT_TEXT_BYTES];
	double most = s->bytes > 0
			  ? (double)m->top[0].weight.bytes / (double)s->bytes
			  : 0;

	if (most >= CROWD_SHARE)
		return false;
	report_print(to, "\n%s: none of ", what);
	report_put_count(to, m->key_count);
	report_print(to, " has more than %s of the bytes\n",
	    report_percent(share, &report_terminal, most));
	return true;
}

static void
put_clients(FILE *to, const struct sim_survey *s)
{
	const struct sim_survey_mode *m = &s->modes[SOURCE_IP];

	if (put_crowd(to, s, m, "clients"))
		return;
	put_head(to, "heaviest", "clients", m->key_count);
	for (size_t i = 0; i < m->top_count; i++)
		put_end(to, m->top[i].client, &m->top[i].weight, s->bytes);
}

/* On two lines where one is too short. */
static void
put_flow(FILE *to, const char *client, const char *server)
{
	char name[4 * REPORT_TEXT_BYTES];

	report_format(name, sizeof(name), "%s > %s", client, server);
	if (strlen(name) > FLOW_COLUMNS) {
		report_print(to, "  %s\n", client);
		report_format(name, sizeof(name), "  > %s", server);
	}
	put_name(to, name, FLOW_COLUMNS);
}

static void
put_heavy_flows(FILE *to, const struct sim_survey *s)
{
	const struct sim_survey_mode *m = &s->modes[FIVE_TUPLE];
	char client[REPORT_TEXT_BYTES], server[REPORT_TEXT_BYTES];
	char with_proto[2 * REPORT_TEXT_BYTES];

	if (put_crowd(to, s, m, "flows"))
		return;
	put_head(to, "heaviest", "flows", m->key_count);
	for (size_t i = 0; i < m->top_count; i++) {
		const struct sim_survey_key *k = &m->top[i];
		format_end(client, sizeof(client), k->client, k->client_port);
		format_end(server, sizeof(server), k->server, k->server_port);
		report_format(with_proto, sizeof(with_proto), "%s %s%s", server,
		    k->proto, k->server_port == 0 ? NO_PORTS : "");
		put_flow(to, client, with_proto);
		put_weight(to, &k->weight, s->bytes);
	}
}

static void
put_modes(FILE *to, const struct sim_survey *s, const struct report_prospect *p)
{
	char head[REPORT_TEXT_BYTES], keys[REPORT_TEXT_BYTES];
	char flows[REPORT_TEXT_BYTES], bytes[REPORT_TEXT_BYTES];
	char jain[REPORT_UNIT_COUNT][REPORT_TEXT_BYTES];
	const struct report_script *t = &report_terminal;

	report_format(head, sizeof(head), "over %zu backend%s", p->backends,
	    p->backends == 1 ? "" : "s");
	report_print(to, "\n%-22s %9s %21s %25s\n", head, "",
	    "as good as equal keys", "predicted Jain index");
	report_print(to, "%-22s %9s %10s %10s %9s %7s %7s\n", "", "keys",
	    "by flows", "by bytes", "flows", "packets", "bytes");
	for (unsigned m = 0; m < SIM_SURVEY_MODE; m++) {
		for (unsigned u = 0; u < REPORT_UNIT_COUNT; u++)
			report_index(jain[u], p->jain[m][u]);
		report_print(to, "  %-20s %9s %10s %10s %9s %7s %7s\n",
		    s->modes[m].name,
		    report_count(keys, t, s->modes[m].key_count),
		    report_digits(flows, t, p->alike[m][REPORT_FLOWS]),
		    report_digits(bytes, t, p->alike[m][REPORT_BYTES]), jain[0],
		    jain[1], jain[2]);
	}
}

/* --- advice -------------------------------------------------------------- */

static void
put_advice(
    FILE *to, const struct sim_survey *s, const struct report_prospect *p)
{
	struct report_advice advice;

	if (report_advise(s, p, &advice) != 0)
		return;
	report_put(to, "\n");
	put_line(to, "", advice.why.text);
	for (size_t i = 0; i < advice.note_count; i++)
		put_line(to, "- ", advice.notes[i].text);
	report_advice_free(&advice);
}

void
report_inspect(const struct sim_survey *s, size_t backends, FILE *to)
{
	struct report_prospect prospect;

	report_prospect(s, backends, &prospect);
	put_files(to, s);
	put_skipped(to, s);
	if (s->input.packets > 0)
		put_flows(to, s);
	if (s->flows > 0) {
		put_servers(to, s);
		put_clients(to, s);
		put_heavy_flows(to, s);
		put_modes(to, s, &prospect);
	}
	put_advice(to, s, &prospect);
}
