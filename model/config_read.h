/* SPDX-License-Identifier: MIT */
#ifndef MODEL_CONFIG_READ_H
#define MODEL_CONFIG_READ_H
/* The parts of lb_config_read(): things that have names
 * (config_read_things.c), and everything around them (config_read.c). */
#include "model/config_new.h"
#include "model/yaml_section.h"

/* Texts by which things are found: index i is thing i of its list. */
struct lb_name_list {
	const char **names;   /* in the order of the list */
	const char ***sorted; /* pointers into names */
	size_t count;
};

/* The named things of the root's lists.  What is no good is left out of
 * what it would have been part of, and reader->problems knows. */
void lb_read_frontends(struct lb_section *root, struct lb_config *config);
void lb_read_pools(struct lb_section *root, struct lb_config *config);
void lb_read_probes(struct lb_section *root, struct lb_config *config);
void lb_read_rules(struct lb_section *root, struct lb_config *config);

/* What a probe says and wants to hear (config_read_probe.c). */
void lb_read_probe_asks(
    struct lb_section *section, struct lb_config_probe *probe);

/* The index of the rule of that name, -1 with the key refused. */
int lb_read_rule_name(struct lb_section *section, unsigned key,
    const struct lb_config *config, const char *name);

#endif
