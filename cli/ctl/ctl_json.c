/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cli/ctl/ctl.h"

/* What comes more than once, and as what it is listed. */
static const struct {
	const char *kind, *list;
} lists[] = {
	{ "member", "members" },
	{ "mapping", "mappings" },
	{ "flow", "flows" },
	{ "snat", "snat" },
	{ "rule", "rules" },
	{ "frontend", "frontends" },
	{ "change", "changes" },
	{ "problem", "problems" },
	{ "progress", "progress" },
};

struct document {
	const char *list; /* that is open; NULL: none */
	bool any;         /* the document has something in it */
};

static const char *
list_of(const char *kind)
{
	for (size_t i = 0; i < LB_COUNT(lists); i++)
		if (strcmp(kind, lists[i].kind) == 0)
			return lists[i].list;
	return NULL;
}

static void
close_list(struct document *d)
{
	if (d->list != NULL)
		(void)fputs("]", stdout);
	d->list = NULL;
}

/* Things of a kind come together, so nothing has to be kept. */
static int
print_value(void *arg, const char *kind, const json_t *value)
{
	struct document *d = arg;
	const char *list = list_of(kind);
	bool goes_on = list != NULL && d->list == list;
	if (!goes_on) {
		close_list(d);
		(void)printf("%s\"%s\": %s", d->any ? ",\n " : "{",
		    list != NULL ? list : kind, list != NULL ? "[\n  " : "");
		d->list = list;
		d->any = true;
	} else {
		(void)fputs(",\n  ", stdout);
	}
	(void)json_dumpf(value, stdout, JSON_REAL_PRECISION(9));
	return ferror(stdout) ? cli_flush("ctl") : CLI_DONE;
}

int
ctl_ask_json(const struct ctl_options *o, json_t *request, const char *list)
{
	struct document d = { 0 };
	int status = ctl_ask(o, request, print_value, &d);
	close_list(&d);
	if (d.any)
		(void)puts("}");
	else if (status == CLI_DONE && list != NULL)
		(void)printf("{\"%s\": []}\n", list);
	return cli_worse(status, cli_flush("ctl"));
}
