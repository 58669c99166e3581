/* SPDX-License-Identifier: MIT */
/* blast: the generator as a command, for benches and tests. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/config/names.h"
#include "model/config/numbers.h"
#include "tests/bench/blast.h"

static const char help[] =
    "usage: blast --interface IF --mac MAC --dest ADDRESS [OPTION...]\n"
    "\n"
    "Sends packets at the machine's rate (as root), and prints as JSON what "
    "it\n"
    "sent. The receiver must have NAPI: of a veth, ethtool -K IF gro on.\n"
    "\n"
    "  --interface IF     that they leave by, in this network namespace\n"
    "  --mac MAC          of who receives them there\n"
    "  --dest ADDRESS     IPv4 or IPv6\n"
    "  --port N           the destination's (default 5683)\n"
    "  --kind KIND        udp; syn: TCP, opening; ack: TCP with data, as of "
    "an\n"
    "                     open connection (default udp)\n"
    "  --flows N | new    in turn, or each packet a new one (default 65536)\n"
    "  --first N          begin with that flow (default 0)\n"
    "  --source ADDRESS   of the first 16,384 flows, the next follow (default\n"
    "                     198.18.0.0, 2001:2::)\n"
    "  --packets N        how many (default 1000000, without --seconds)\n"
    "  --seconds N        how long\n"
    "  --rate N           packets a second (default: as many as it can)\n"
    "  --bytes N          of a frame, 80 to 1514 (default 80)\n"
    "  --threads N        one a CPU, from CPU 0 on (default 1)\n";

enum {
	OPTION_INTERFACE = 256,
	OPTION_MAC,
	OPTION_DEST,
	OPTION_PORT,
	OPTION_KIND,
	OPTION_FLOWS,
	OPTION_FIRST,
	OPTION_SOURCE,
	OPTION_PACKETS,
	OPTION_SECONDS,
	OPTION_RATE,
	OPTION_BYTES,
	OPTION_THREADS,
};

static const struct option options[] = {
	{ "interface", required_argument, NULL, OPTION_INTERFACE },
	{ "mac", required_argument, NULL, OPTION_MAC },
	{ "dest", required_argument, NULL, OPTION_DEST },
	{ "port", required_argument, NULL, OPTION_PORT },
	{ "kind", required_argument, NULL, OPTION_KIND },
	{ "flows", required_argument, NULL, OPTION_FLOWS },
	{ "first", required_argument, NULL, OPTION_FIRST },
	{ "source", required_argument, NULL, OPTION_SOURCE },
	{ "packets", required_argument, NULL, OPTION_PACKETS },
	{ "seconds", required_argument, NULL, OPTION_SECONDS },
	{ "rate", required_argument, NULL, OPTION_RATE },
	{ "bytes", required_argument, NULL, OPTION_BYTES },
	{ "threads", required_argument, NULL, OPTION_THREADS },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct blast_options {
	struct blast_spec spec;
	struct blast_order order;
	bool mac, dest, source;
};

static bool
mac_of_text(const char *text, uint8_t mac[6])
{
	unsigned part[6];
	int used = 0;
	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &part[0], &part[1],
		&part[2], &part[3], &part[4], &part[5], &used) != 6 ||
	    text[used] != '\0')
		return false;
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)part[i];
	return true;
}

static bool
take_number(int option, uint64_t n, struct blast_options *o)
{
	struct blast_spec *s = &o->spec;
	switch (option) {
	case OPTION_PORT:
		s->port = (uint16_t)n;
		return n > 0 && n <= UINT16_MAX;
	case OPTION_FLOWS:
		s->flows = n;
		return n > 0;
	case OPTION_FIRST:
		s->first = n;
		return true;
	case OPTION_PACKETS:
		o->order.packets = n;
		return n > 0;
	case OPTION_SECONDS:
		o->order.seconds = (double)n;
		return n > 0;
	case OPTION_RATE:
		o->order.rate = (double)n;
		return n > 0;
	case OPTION_BYTES:
		s->frame_bytes = (uint32_t)n;
		return n <= BLAST_FRAME_BYTES_MAX;
	case OPTION_THREADS:
		s->threads = (unsigned)n;
		return n <= BLAST_THREADS_MAX;
	default:
		return false;
	}
}

/* false: it is no such thing. */
static bool
take_option(int option, const char *text, struct blast_options *o)
{
	uint64_t number;
	int kind;
	switch (option) {
	case OPTION_INTERFACE:
		o->spec.interface = text;
		return true;
	case OPTION_MAC:
		o->mac = mac_of_text(text, o->spec.mac);
		return o->mac;
	case OPTION_DEST:
		o->dest = lb_addr_of_text(text, &o->spec.dest);
		return o->dest;
	case OPTION_SOURCE:
		o->source = lb_addr_of_text(text, &o->spec.source);
		return o->source;
	case OPTION_KIND:
		kind = blast_kind_of_name(text);
		if (kind >= 0)
			o->spec.kind = (enum blast_kind)kind;
		return kind >= 0;
	default:
		if (option == OPTION_FLOWS && strcmp(text, "new") == 0) {
			o->spec.flows = BLAST_NEW_FLOWS;
			return true;
		}
		return lb_number_of_text(text, &number) &&
		       take_number(option, number, o);
	}
}

static int
usage(const char *what, const char *why)
{
	(void)fprintf(stderr, "blast: %s: %s (blast --help)\n", what, why);
	return 2;
}

/* 0, or the exit code. */
static int
read_options(int argc, char **argv, struct blast_options *o)
{
	int option, at = 0;
	while ((option = getopt_long(argc, argv, "h", options, &at)) != -1) {
		if (option == 'h') {
			(void)fputs(help, stdout);
			exit(0);
		}
		if (option == '?')
			return 2;
		if (!take_option(option, optarg, o))
			return usage(options[at].name, "it is no such thing");
	}
	if (optind < argc)
		return usage(argv[optind], "what is it?");
	if (o->spec.interface == NULL || !o->mac || !o->dest)
		return usage("--interface, --mac, --dest", "all are needed");
	if (!o->source)
		(void)lb_addr_of_text(
		    lb_addr_is_v4(&o->spec.dest) ? "198.18.0.0" : "2001:2::",
		    &o->spec.source);
	if (o->order.packets == 0 && o->order.seconds <= 0)
		o->order.packets = 1000000;
	return 0;
}

static void
tell(const struct blast_options *o, const struct blast_sent *sent)
{
	char dest[64], source[64];
	double packets = (double)sent->packets;
	double busy = o->order.rate > 0 ? sent->seconds : sent->sending;
	bool some = sent->packets > 0;
	json_t *out = json_pack("{s:s, s:s, s:s, s:s, s:i, s:o, s:i, s:i, s:I, "
				"s:f, s:f, s:f, s:f, s:f}",
	    "interface", o->spec.interface, "kind",
	    blast_kind_name(o->spec.kind), "source",
	    lb_addr_text(&o->spec.source, source, sizeof(source)), "dest",
	    lb_addr_text(&o->spec.dest, dest, sizeof(dest)), "port",
	    (int)o->spec.port, "flows",
	    o->spec.flows == BLAST_NEW_FLOWS
		? json_null()
		: json_integer((json_int_t)o->spec.flows),
	    "bytes", (int)o->spec.frame_bytes, "threads", (int)o->spec.threads,
	    "sent", (json_int_t)sent->packets, "seconds", sent->seconds,
	    "sending_seconds", sent->sending, "cpu_seconds", sent->cpu_seconds,
	    "packets_per_s", some ? packets / busy : 0, "cpu_ns_per_packet",
	    some ? sent->cpu_seconds * 1e9 / packets : 0);
	(void)json_dumpf(out, stdout, JSON_REAL_PRECISION(6));
	(void)printf("\n");
	json_decref(out);
}

int
main(int argc, char **argv)
{
	char error[512];
	struct blast_sent sent;
	struct blast_options o = { .spec = { .kind = BLAST_UDP,
				       .port = 5683,
				       .flows = 65536,
				       .frame_bytes = BLAST_FRAME_BYTES_MIN,
				       .threads = 1 } };
	int code = read_options(argc, argv, &o);
	if (code != 0)
		return code;
	struct blast *b = blast_open(&o.spec, error, sizeof(error));
	if (b == NULL) {
		(void)fprintf(stderr, "blast: %s\n", error);
		return 5;
	}
	int rc = blast_run(b, &o.order, &sent);
	blast_close(b);
	if (rc != 0) {
		(void)fprintf(stderr,
		    "blast: %s: %s (live frames need Linux 5.18)\n",
		    o.spec.interface, strerror(-rc));
		return 5;
	}
	tell(&o, &sent);
	return 0;
}
