/* SPDX-License-Identifier: MIT */
/* How a change is said. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "live/commands/changes_parts.h"
#include "model/config/names.h"

/* So many are told; the rest are counted. */
#define CHANGES_MAX 1000u

void
live_change_add(struct live_change_list *c, const char *what, const char *name,
    const char *change, const char *text)
{
	if (json_array_size(c->list) >= CHANGES_MAX) {
		c->more++;
		return;
	}
	(void)json_array_append_new(
	    c->list, json_pack("{s:s, s:s, s:s, s:s}", "what", what, "name",
			 name, "change", change, "text", text));
}

void
live_change_say(struct live_change_list *c, const char *what, const char *name,
    const char *change, const char *format, ...)
{
	char text[LIVE_CHANGE_BYTES];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	live_change_add(c, what, name, change, text);
}

void
live_differ(struct live_difference *d, const char *key, const char *from,
    const char *to)
{
	if (strcmp(from, to) == 0 || d->used >= sizeof(d->text))
		return;
	d->used +=
	    (size_t)snprintf(d->text + d->used, sizeof(d->text) - d->used,
		"%s%s %s -> %s", d->used > 0 ? ", " : "", key, from, to);
}

void
live_differ_count(
    struct live_difference *d, const char *key, uint64_t from, uint64_t to)
{
	char a[24], b[24];
	(void)snprintf(a, sizeof(a), "%" PRIu64, from);
	(void)snprintf(b, sizeof(b), "%" PRIu64, to);
	live_differ(d, key, a, b);
}

void
live_differ_ms(
    struct live_difference *d, const char *key, uint64_t from, uint64_t to)
{
	char a[32], b[32];
	(void)snprintf(a, sizeof(a), "%g s", (double)from / 1e3);
	(void)snprintf(b, sizeof(b), "%g s", (double)to / 1e3);
	live_differ(d, key, a, b);
}

void
live_differ_bool(struct live_difference *d, const char *key, bool from, bool to)
{
	live_differ(d, key, from ? "true" : "false", to ? "true" : "false");
}

void
live_differ_address(struct live_difference *d, const char *key,
    const struct lb_addr *from, const struct lb_addr *to)
{
	char a[64], b[64];
	live_differ(d, key, lb_addr_text(from, a, sizeof(a)),
	    lb_addr_text(to, b, sizeof(b)));
}

void
live_change_differ(struct live_change_list *c, const char *what,
    const char *name, const struct live_difference *d)
{
	if (d->used > 0)
		live_change_say(
		    c, what, name, "changed", "%s %s: %s", what, name, d->text);
}
