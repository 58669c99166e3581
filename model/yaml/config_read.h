/* SPDX-License-Identifier: MIT */
#ifndef MODEL_CONFIG_READ_H
#define MODEL_CONFIG_READ_H
/* The parts of lb_config_read(): things that have names
 * (config_read_things.c), NAT and outbound rules (config_read_nat.c), and
 * everything around them (config_read.c). */
#include <string.h>
#include "model/config/config_new.h"
#include "model/yaml/yaml_section.h"

/* Texts by which things are found: index i is thing i of its list. */
struct lb_name_list {
	const char **names;   /* in the order of the list */
	const char ***sorted; /* pointers into names */
	size_t count;
};

/* What a section knows about its source goes into the thing it describes. */
#define LB_KEEP_SOURCE(thing, section)                                         \
	do {                                                                   \
		(thing)->where = (section)->where;                             \
		(thing)->bad = (uint32_t)(section)->bad;                       \
		memcpy((thing)->at, (section)->at, sizeof((thing)->at));       \
	} while (0)

/* A list of things as a list of their names. */
#define LB_NAME_LIST(list, reader, things, thing_count)                        \
	do {                                                                   \
		(list)->count = (thing_count);                                 \
		(list)->names = lb_read_list_new(                              \
		    reader, thing_count, sizeof(*(list)->names));              \
		for (size_t i = 0; (list)->names != NULL && i < (thing_count); \
		     i++)                                                      \
			(list)->names[i] = (things)[i].name;                   \
		lb_name_list_sort(reader, list);                               \
	} while (0)

void lb_name_list_sort(struct lb_reader *reader, struct lb_name_list *list);
void lb_name_list_free(struct lb_name_list *list);
/* The index of the thing of that name, -1 with the key refused. */
int lb_name_find(struct lb_section *section, unsigned key,
    const struct lb_name_list *list, const char *what, const char *name);

/* What rules of all kinds refer to. */
struct lb_referred {
	struct lb_name_list frontends, pools;
};
void lb_referred_list(struct lb_reader *reader, const struct lb_config *config,
    struct lb_referred *referred);
void lb_referred_free(struct lb_referred *referred);

/* Room for count things and one more; NULL, and reader->no_memory is set. */
void *lb_read_list_new(struct lb_reader *reader, size_t count, size_t bytes);
/* The list at a section's key: its first node, and room for what its nodes
 * describe (and one more).  Without memory: no nodes. */
struct lb_read_list {
	const struct lb_yaml_node *first;
	void *things;
};
struct lb_read_list lb_read_list(
    struct lb_section *section, unsigned key, size_t bytes);

/* The name of a thing, "?" when it has none; it is the section's key 0. */
char *lb_read_name(struct lb_section *section, const char *what);
void lb_read_port(struct lb_section *section, unsigned key, uint16_t *out);
void lb_read_proto(struct lb_section *section, unsigned key, uint8_t *out);
/* A key that was left out means what another says: whatever is found of it
 * later is said of that one. */
void lb_read_as(struct lb_section *section, unsigned key, unsigned other);
void lb_read_reference(struct lb_section *section, unsigned key,
    const struct lb_name_list *list, const char *what, int *out);

/* The named things of the root's lists.  What is no good is left out of
 * what it would have been part of, and reader->problems knows. */
void lb_read_frontends(struct lb_section *root, struct lb_config *config);
void lb_read_pools(struct lb_section *root, struct lb_config *config);
void lb_read_probes(struct lb_section *root, struct lb_config *config);
void lb_read_rules(struct lb_section *root, struct lb_config *config);
void lb_read_nats(struct lb_section *root, struct lb_config *config);
void lb_read_outbounds(struct lb_section *root, struct lb_config *config);

/* What a probe says and wants to hear (config_read_probe.c). */
void lb_read_probe_asks(
    struct lb_section *section, struct lb_config_probe *probe);

/* The index of the rule of that name, -1 with the key refused. */
int lb_read_rule_name(struct lb_section *section, unsigned key,
    const struct lb_config *config, const char *name);

#endif
