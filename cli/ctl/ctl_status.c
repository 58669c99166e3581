/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cli/ctl/ctl.h"
#include "reports/text/text.h"

/* A number as people read it; four at a time live in one line. */
static const char *
number(const json_t *object, const char *key)
{
	static char texts[8][REPORT_TEXT_BYTES];
	static unsigned next;
	return report_count(
	    texts[next++ % 8], &report_terminal, ctl_count(object, key));
}

static void
print_clean(const char *text)
{
	report_put_clean(stdout, text);
}

/* The keys of an object that are not 0: "open 12, half-open 3". */
static void
print_counts(const json_t *object, const char *none)
{
	const char *key;
	json_t *value;
	bool any = false;
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		if (json_integer_value(value) == 0)
			continue;
		(void)printf(
		    "%s%s %s", any ? ", " : "", key, number(object, key));
		any = true;
	}
	(void)puts(any ? "" : none);
}

static void
print_process(const json_t *s)
{
	const json_t *process = json_object_get(s, "process");
	char span[REPORT_TEXT_BYTES];
	(void)printf("fairlead %s, process %lld, since %s (%s), %.1f MB\n",
	    ctl_text(s, "version"), (long long)ctl_count(process, "pid"),
	    ctl_text(process, "started"),
	    report_span(span, &report_terminal,
		(uint64_t)(ctl_real(process, "uptime_s") * 1e9)),
	    (double)ctl_count(process, "resident_bytes") / 1e6);
}

static void
print_plan(const json_t *s)
{
	const json_t *plan = json_object_get(s, "plan");
	(void)fputs("configuration  ", stdout);
	print_clean(ctl_text(s, "config"));
	(void)printf(", in force since %s, the %s. of this process",
	    ctl_text(plan, "since"), number(plan, "generation"));
	if (ctl_count(plan, "reloads_refused") > 0)
		(void)printf(
		    "; %s refused since", number(plan, "reloads_refused"));
	(void)printf("\npinned as      %s, %s%s\n", ctl_text(s, "pin_name"),
	    ctl_text(s, "pins"), ctl_is(plan, "adopted") ? " (adopted)" : "");
	(void)printf("hash key       %s\n", ctl_text(plan, "hash_key"));
}

static void
print_interfaces(const json_t *s)
{
	const json_t *all = json_object_get(s, "interfaces"), *at;
	size_t i;
	(void)printf("forwarding     %s by", ctl_text(s, "forwarding"));
	json_array_foreach((json_t *)(uintptr_t)all, i, at)
	{
		const char *name = ctl_text(at, "name");
		(void)printf("%s %s %s", i > 0 ? "," : "",
		    *name != '\0' ? name : "(gone)",
		    ctl_is(at, "attached") ? ctl_text(at, "mode")
					   : "(not attached)");
	}
	(void)puts(json_array_size(all) > 0 ? "" : " no interface");
}

static void
print_table(const json_t *tables, const char *family, const char *name)
{
	const json_t *t = json_object_get(tables, family);
	char share[REPORT_TEXT_BYTES];
	uint64_t slots = ctl_count(t, "slots");
	if (!json_is_integer(json_object_get(t, "used"))) {
		(void)printf("%-14s %s slots, not counted yet\n", name,
		    number(t, "slots"));
		return;
	}
	(void)printf("%-14s %s of %s slots (%s): ", name, number(t, "used"),
	    number(t, "slots"),
	    report_percent(share, &report_terminal,
		slots > 0 ? (double)ctl_count(t, "used") / (double)slots : 0));
	print_counts(json_object_get(t, "states"), "none");
}

static void
print_packets(const json_t *s)
{
	const json_t *p = json_object_get(s, "packets");
	(void)printf("packets        %s: %s sent, %s handed to the kernel, %s "
		     "answered, %s not ours; %s untracked\n",
	    number(p, "packets"), number(p, "sent"), number(p, "handed"),
	    number(p, "answered"), number(p, "passed"), number(p, "untracked"));
	(void)fputs("dropped        ", stdout);
	print_counts(json_object_get(s, "drops"), "none");
}

static void
print_probes(const json_t *s)
{
	const json_t *p = json_object_get(s, "probes");
	(void)printf("probes         %s targets, %s sent: %s good, %s wrong, "
		     "%s refused, %s silent; %s late",
	    number(p, "targets"), number(p, "sent"), number(p, "good"),
	    number(p, "wrong"), number(p, "refused"), number(p, "silent"),
	    number(p, "late"));
	(void)printf(", %s missed, %s not sent\n", number(p, "missed"),
	    number(p, "failed"));
}

static int
print_status(void *arg, const char *kind, const json_t *s)
{
	const json_t *tables = json_object_get(s, "tables");
	(void)arg;
	if (strcmp(kind, "status") != 0)
		return CLI_DONE;
	print_process(s);
	print_interfaces(s);
	print_plan(s);
	(void)printf("rules          %s\nmembers        ", number(s, "rules"));
	print_counts(json_object_get(s, "members"), "none");
	print_table(tables, "ipv4", "IPv4 flows");
	print_table(tables, "ipv6", "IPv6 flows");
	(void)printf("evicted        %s live entries by newcomers\n",
	    number(tables, "evicted"));
	print_packets(s);
	print_probes(s);
	return CLI_DONE;
}

int
ctl_status(const struct ctl_options *o)
{
	json_t *request = json_pack("{s:s}", "command", "status");
	if (o->json)
		return ctl_ask_json(o, request, NULL);
	return cli_worse(
	    ctl_ask(o, request, print_status, NULL), cli_flush("ctl"));
}
