/* SPDX-License-Identifier: MIT */
#ifndef MODEL_YAML_TREE_H
#define MODEL_YAML_TREE_H
/*
 * A YAML document as a tree that knows where in the file everything stands.
 * One document of maps, lists and texts; anchors, aliases and tags are
 * refused, and depth, nodes and bytes bounded, so that no input is large.
 *
 * Source: YAML 1.1, by libyaml.
 */
#include "model/config/config.h"

#define LB_YAML_BYTES_MAX (16u << 20)
#define LB_YAML_NODES_MAX (1u << 20)
#define LB_YAML_DEPTH_MAX 16u

enum lb_yaml_kind {
	LB_YAML_NOTHING, /* empty, ~ or null: as if the key were not there */
	LB_YAML_TEXT,
	LB_YAML_LIST,
	LB_YAML_MAP, /* children: key, value, key, value ... */
};

struct lb_yaml_node {
	enum lb_yaml_kind kind;
	uint32_t child, next; /* first child, next sibling: indices; 0: none */
	uint32_t child_count;
	char *text; /* of a text, without a NUL inside; never NULL then */
	struct lb_where where;
};

struct lb_yaml {
	struct lb_yaml_node *nodes; /* 0 is nobody, 1 the root */
	uint32_t node_count;
};

/*
 * lb_yaml_read - parse a whole document.
 *
 * Returns NULL with a problem added (syntax, or beyond the bounds above), or
 * without memory.  An empty document has an LB_YAML_NOTHING as its root.
 */
struct lb_yaml *lb_yaml_read(
    const char *text, size_t bytes, struct lb_problems *problems);
void lb_yaml_free(struct lb_yaml *yaml); /* NULL is fine */

/* For messages: "a text", "a list". */
const char *lb_yaml_kind_name(enum lb_yaml_kind kind);

#endif
