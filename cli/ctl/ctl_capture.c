/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cli/ctl/ctl.h"
#include "cli/common/progress.h"
#include "live/control/base64.h"
#include "traces/writer.h"

#define FRAME_BYTES (256u << 10) /* more than any packet */

struct capture {
	const struct ctl_options *o;
	struct trace_writer *writer;
	json_t *captured; /* the summary; NULL: there was none */
	bool capturing;   /* it began: before that nothing is replaced */
	uint8_t frame[FRAME_BYTES];
};

static int
write_packet(struct capture *c, const json_t *packet)
{
	ssize_t bytes = live_base64_read(
	    ctl_text(packet, "frame"), c->frame, sizeof(c->frame));
	if (bytes < 0) {
		cli_say("ctl", "a packet came damaged");
		return CLI_REFUSED;
	}
	uint32_t wire = (uint32_t)ctl_count(packet, "wire_bytes");
	/* trace_writer_close() says why not */
	return trace_writer_put_cut(c->writer, ctl_count(packet, "time_ns"),
		   c->frame, (uint32_t)bytes, wire) == 0
		   ? CLI_DONE
		   : CLI_REFUSED;
}

/* A file that can't be written ends the call, and that the capture. */
static int
hear(void *arg, const char *kind, const json_t *value)
{
	struct capture *c = arg;
	if (strcmp(kind, "packet") == 0)
		return write_packet(c, value);
	if (strcmp(kind, "capturing") == 0)
		c->capturing = true;
	if (strcmp(kind, "captured") == 0)
		c->captured = json_incref((json_t *)(uintptr_t)value);
	return CLI_DONE;
}

/* To stderr when the packets go to stdout. */
static void
print_captured(const struct capture *c)
{
	FILE *to = strcmp(c->o->output, "-") == 0 ? stderr : stdout;
	if (c->o->json) {
		(void)json_dumpf(c->captured, to, 0);
		(void)fputc('\n', to);
		return;
	}
	(void)fprintf(to, "%ju packets, %ju bytes, %ju lost\ncapture: %s\n",
	    (uintmax_t)ctl_count(c->captured, "packets"),
	    (uintmax_t)ctl_count(c->captured, "bytes"),
	    (uintmax_t)ctl_count(c->captured, "lost"), c->o->output);
	(void)fprintf(to, "replay: fairlead sim -c %s --hash-key %s %s\n",
	    ctl_text(c->captured, "config"), ctl_text(c->captured, "hash_key"),
	    c->o->output);
}

/* What was captured is there, also when the call broke off or the disk is
 * full; a capture that was refused leaves the file that was there. */
static int
finish(struct capture *c, int status)
{
	char error[512];
	bool interrupted = status == CLI_INTERRUPTED && c->captured != NULL;
	if (trace_writer_close(c->writer, c->capturing, error, sizeof(error)) !=
	    0) {
		cli_say("ctl", "%s", error);
		status = CLI_REFUSED;
	} else if (c->captured != NULL) {
		print_captured(c);
	}
	json_decref(c->captured);
	return interrupted && status != CLI_REFUSED ? CLI_DONE : status;
}

static json_t *
request_of(const struct ctl_options *o)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:I}", "command", "capture",
	    "frontend", o->arguments[0], "packets", (json_int_t)o->packets,
	    "seconds", (json_int_t)o->seconds, "snap", (json_int_t)o->snap);
}

int
ctl_capture(const struct ctl_options *o)
{
	char error[512];
	static struct capture c;
	if (o->output == NULL)
		return cli_usage("ctl", "capture: there is no file: -o FILE");
	c.o = o;
	c.writer =
	    trace_writer_open(o->output, true, o->force, error, sizeof(error));
	if (c.writer == NULL) {
		cli_say("ctl", "%s", error);
		return CLI_REFUSED;
	}
	trace_writer_keep_part(c.writer);
	cli_interrupt_catch();
	int status = finish(&c, ctl_ask(o, request_of(o), hear, &c));
	return cli_worse(status, cli_flush("ctl"));
}
