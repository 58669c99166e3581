/* SPDX-License-Identifier: MIT */
/* fairlead ctl drain, undrain, admin and reload. */
#include <stdio.h>
#include <string.h>

#include "cli/ctl/ctl.h"
#include "cli/common/progress.h"
#include "reports/text/text.h"

/* --- members ------------------------------------------------------------- */

static void
print_unserved(const json_t *override)
{
	const json_t *rules = json_object_get(override, "unserved_rules"), *r;
	size_t i;
	json_array_foreach((json_t *)(uintptr_t)rules, i, r)
	{
		(void)printf("warning: rule ");
		report_put_clean(stdout, json_string_value(r));
		(void)printf(" has no member for new flows now\n");
	}
}

/* "1 flow left" */
static void
print_left(const json_t *value)
{
	const uintmax_t flows = ctl_count(value, "flows");

	(void)printf("%ju flow%s left", flows, flows == 1 ? "" : "s");
}

static void
print_override(const json_t *override)
{
	const char *admin = ctl_text(override, "admin_state");
	report_put_clean(stdout, ctl_text(override, "member"));
	if (ctl_is(override, "draining")) {
		(void)fputs(": draining, ", stdout);
		print_left(override);
	}
	if (*admin != '\0')
		(void)printf("%s admin state %s",
		    ctl_is(override, "draining") ? "," : ":", admin);
	(void)puts(!ctl_is(override, "draining") && *admin == '\0'
		       ? ": as the configuration says"
		       : "");
	print_unserved(override);
}

static int
print_said(void *arg, const char *kind, const json_t *value)
{
	char span[REPORT_TEXT_BYTES];
	(void)arg;
	(void)report_moment(span, &report_terminal, ctl_real(value, "after_s"));
	if (strcmp(kind, "override") == 0)
		print_override(value);
	else if (strcmp(kind, "progress") == 0) {
		print_left(value);
		(void)printf(" after %s\n", span);
	} else if (strcmp(kind, "drained") == 0 && ctl_is(value, "done"))
		(void)printf(
		    "drained: its last flow has gone, after %s\n", span);
	return cli_flush("ctl");
}

static int
say(const struct ctl_options *o, json_t *request)
{
	return o->json ? ctl_ask_json(o, request, NULL)
		       : ctl_ask(o, request, print_said, NULL);
}

/* Ctrl-C ends the waiting; the member goes on draining. */
int
ctl_drain(const struct ctl_options *o)
{
	if (o->wait)
		cli_interrupt_catch();
	return say(o, json_pack("{s:s, s:s, s:b}", "command", "drain", "member",
			  o->arguments[0], "wait", (int)o->wait));
}

int
ctl_undrain(const struct ctl_options *o)
{
	return say(o, json_pack("{s:s, s:s}", "command", "undrain", "member",
			  o->arguments[0]));
}

int
ctl_admin(const struct ctl_options *o)
{
	return say(o, json_pack("{s:s, s:s, s:s}", "command", "admin", "member",
			  o->arguments[0], "state", o->arguments[1]));
}

/* --- reload -------------------------------------------------------------- */

/* As the other commands print what is wrong with a file. */
static void
print_problem(const json_t *p)
{
	const char *code = ctl_text(p, "code");
	(void)fflush(stdout);
	if (ctl_count(p, "line") > 0)
		(void)fprintf(stderr, "%s:%ju:%ju: ", ctl_text(p, "file"),
		    (uintmax_t)ctl_count(p, "line"),
		    (uintmax_t)ctl_count(p, "column"));
	(void)fprintf(stderr, "%s%s", ctl_is(p, "warning") ? "warning: " : "",
	    ctl_text(p, "text"));
	(void)fprintf(stderr, *code != '\0' ? " [%s]\n" : "%s\n", code);
}

static void
print_moved(const json_t *moved)
{
	char now[REPORT_TEXT_BYTES], later[REPORT_TEXT_BYTES];
	(void)fputs("rule ", stdout);
	report_put_clean(stdout, ctl_text(moved, "rule"));
	(void)printf(": %s of new flows go elsewhere (%ju of %ju slots)",
	    report_percent(now, &report_terminal, ctl_real(moved, "share")),
	    (uintmax_t)ctl_count(moved, "changed"),
	    (uintmax_t)ctl_count(moved, "slots"));
	if (ctl_count(moved, "changed_later") != ctl_count(moved, "changed"))
		(void)printf(", %s once members that are unknown yet are up",
		    report_percent(later, &report_terminal,
			ctl_real(moved, "share_later")));
	(void)puts("");
}

static void
print_reload(const json_t *reload)
{
	const json_t *moved = json_object_get(reload, "moved"), *rule;
	size_t i;
	json_array_foreach((json_t *)(uintptr_t)moved, i, rule)
	    print_moved(rule);
	if (ctl_count(reload, "moved_rules") > json_array_size(moved))
		(void)printf("and of %ju rules more, of none a larger share\n",
		    (uintmax_t)(ctl_count(reload, "moved_rules") -
				json_array_size(moved)));
	if (ctl_count(reload, "changes") == 0)
		(void)puts("nothing changed");
	(void)puts(ctl_is(reload, "dry_run")
		       ? "dry run: the configuration before stays in force"
		       : "in force");
}

static int
print_reloaded(void *arg, const char *kind, const json_t *value)
{
	(void)arg;
	if (strcmp(kind, "problem") == 0) {
		print_problem(value);
	} else if (strcmp(kind, "change") == 0) {
		report_put_clean(stdout, ctl_text(value, "text"));
		(void)puts("");
	} else if (strcmp(kind, "reload") == 0) {
		print_reload(value);
	}
	return CLI_DONE;
}

int
ctl_reload(const struct ctl_options *o)
{
	json_t *request = json_pack(
	    "{s:s, s:b}", "command", "reload", "dry_run", (int)o->dry_run);
	if (o->json)
		return ctl_ask_json(o, request, NULL);
	return cli_worse(
	    ctl_ask(o, request, print_reloaded, NULL), cli_flush("ctl"));
}
