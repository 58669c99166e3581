/* SPDX-License-Identifier: MIT */
#ifndef LIVE_COMMANDS_CHANGES_PARTS_H
#define LIVE_COMMANDS_CHANGES_PARTS_H
/*
 * The parts of live_changes(), each of which adds to one list:
 *
 *   changes           the balancer as a whole
 *   changes_things    what has a name: frontends, probes, rules
 *   changes_members   who came, went, or is another machine now
 *   changes_moved     whose new flows go elsewhere
 *   changes_say       how it is said
 */
#include "live/commands/changes.h"

/* Of one change, as it is said; what is longer is cut. */
#define LIVE_CHANGE_BYTES 768u

struct live_change_list {
	json_t *list;
	size_t more; /* that are not in it */
};

/* What is otherwise about one thing: "port 80 -> 81, path / -> /health". */
struct live_difference {
	char text[LIVE_CHANGE_BYTES];
	size_t used;
};

/* What happened to the thing of a name: "added", "changed", ... */
void live_change_add(struct live_change_list *c, const char *what,
    const char *name, const char *change, const char *text);
void live_change_say(struct live_change_list *c, const char *what,
    const char *name, const char *change, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* "what name: difference", where there is one. */
void live_change_differ(struct live_change_list *c, const char *what,
    const char *name, const struct live_difference *d);

/* Adds "key from -> to", where they differ. */
void live_differ(struct live_difference *d, const char *key, const char *from,
    const char *to);
void live_differ_count(
    struct live_difference *d, const char *key, uint64_t from, uint64_t to);
void live_differ_ms(
    struct live_difference *d, const char *key, uint64_t from, uint64_t to);
void live_differ_bool(
    struct live_difference *d, const char *key, bool from, bool to);
void live_differ_address(struct live_difference *d, const char *key,
    const struct lb_addr *from, const struct lb_addr *to);

enum live_change_thing {
	LIVE_CHANGE_FRONTENDS,
	LIVE_CHANGE_PROBES,
	LIVE_CHANGE_RULES,
	LIVE_CHANGE_NATS,
	LIVE_CHANGE_OUTBOUNDS,
};

/* Things of one kind, in order of the file; 0, or -1 without memory.
 * Cost: O(n log n). */
int live_changes_things(struct live_change_list *c,
    const struct live_side *from, const struct live_side *to,
    enum live_change_thing which);
/* Ports of NAT rules that came and went, by id. */
void live_changes_mappings(struct live_change_list *c,
    const struct live_side *from, const struct live_side *to);
/* As live_changes_things(). */
int live_changes_members(struct live_change_list *c,
    const struct live_side *from, const struct live_side *to);

#endif
