/* SPDX-License-Identifier: MIT */
#include "model/yaml/yaml_tree.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "model/config/problems.h"

#define ROOT 1u

struct builder {
	struct lb_yaml *yaml;
	struct lb_problems *problems;
	uint32_t open[LB_YAML_DEPTH_MAX]; /* what we are inside of */
	uint32_t last[LB_YAML_DEPTH_MAX]; /* its last child so far */
	uint32_t depth;
};

static struct lb_where
place(const yaml_mark_t *mark)
{
	return (struct lb_where){ (unsigned)mark->line + 1,
		(unsigned)mark->column + 1 };
}

const char *
lb_yaml_kind_name(enum lb_yaml_kind kind)
{
	static const char *const names[] = {
		[LB_YAML_NOTHING] = "empty",
		[LB_YAML_TEXT] = "a text",
		[LB_YAML_LIST] = "a list",
		[LB_YAML_MAP] = "a map",
	};

	return names[kind];
}

/* --- what the parser itself refuses -------------------------------------- */

/* Where a byte of the file is, for errors that come without a mark. */
static struct lb_where
place_of_byte(const char *text, size_t offset)
{
	struct lb_where where = { 1, 1 };

	for (size_t i = 0; i < offset; i++) {
		where.column++;
		if (text[i] == '\n')
			where = (struct lb_where){ where.line + 1, 1 };
	}
	return where;
}

/* libyaml's words are about tokens; say what people do wrong there. */
static const char *
hint_for(const char *problem)
{
	static const struct {
		const char *problem, *hint;
	} hints[] = {
		{ "found character that cannot start any token",
		    "; indent with blanks, never tabs" },
		{ "mapping values are not allowed",
		    "; is a value with ': ' in it not in quotes, or the "
		    "indentation off?" },
		{ "could not find expected ':'",
		    "; is a ':' or the blank after it missing?" },
		{ "did not find expected ',' or",
		    "; is a comma or the closing bracket missing?" },
		{ "did not find expected key", "; is the indentation off?" },
		{ "did not find expected '-' indicator",
		    "; is the indentation off?" },
	};

	for (size_t i = 0; i < LB_COUNT(hints); i++)
		if (strncmp(problem, hints[i].problem,
			strlen(hints[i].problem)) == 0)
			return hints[i].hint;
	return "";
}

static void
syntax_error(const yaml_parser_t *parser, const char *text, size_t bytes,
    struct lb_problems *problems)
{
	const char *problem =
	    parser->problem == NULL ? "unreadable" : parser->problem;

	if (parser->error == YAML_MEMORY_ERROR)
		return;
	if (parser->error == YAML_READER_ERROR) {
		size_t at = parser->problem_offset;
		lb_error_add(problems,
		    place_of_byte(text, at < bytes ? at : bytes), NULL,
		    "not text in UTF-8: %s", problem);
		return;
	}
	lb_error_add(problems, place(&parser->problem_mark), NULL,
	    "YAML syntax: %s%s", problem, hint_for(problem));
}

/* --- the tree ------------------------------------------------------------ */

static bool
refuse(struct builder *b, const yaml_mark_t *mark, const char *why)
{
	lb_error_add(b->problems, place(mark), NULL, "%s", why);
	return false;
}

/* Appends a node to what is open.  Returns its index, 0 without memory. */
static uint32_t
node_add(struct builder *b, enum lb_yaml_kind kind, const yaml_mark_t *mark)
{
	struct lb_yaml *yaml = b->yaml;
	uint32_t index = yaml->node_count;

	if ((index & (index - 1)) == 0) { /* full at every power of two */
		struct lb_yaml_node *nodes = reallocarray(
		    yaml->nodes, 2 * (size_t)index, sizeof(*nodes));
		if (nodes == NULL)
			return 0;
		yaml->nodes = nodes;
	}
	yaml->nodes[index] =
	    (struct lb_yaml_node){ .kind = kind, .where = place(mark) };
	yaml->node_count++;
	if (b->depth > 0) {
		uint32_t *last = &b->last[b->depth - 1];
		struct lb_yaml_node *parent =
		    &yaml->nodes[b->open[b->depth - 1]];
		if (*last == 0)
			parent->child = index;
		else
			yaml->nodes[*last].next = index;
		parent->child_count++;
		*last = index;
	}
	return index;
}

static bool
is_nothing(const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;

	return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (*text == '\0' || strcmp(text, "~") == 0 ||
		   strcmp(text, "null") == 0);
}

static bool
add_text(struct builder *b, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;

	if (strlen(text) != event->data.scalar.length)
		return refuse(
		    b, &event->start_mark, "a text with a NUL character in it");
	uint32_t index =
	    node_add(b, is_nothing(event) ? LB_YAML_NOTHING : LB_YAML_TEXT,
		&event->start_mark);
	if (index == 0)
		return false;
	b->yaml->nodes[index].text = strdup(text);
	return b->yaml->nodes[index].text != NULL;
}

static bool
add_open(struct builder *b, const yaml_event_t *event, enum lb_yaml_kind kind)
{
	if (b->depth == LB_YAML_DEPTH_MAX)
		return refuse(b, &event->start_mark,
		    "nested too deeply; no configuration needs that");
	uint32_t index = node_add(b, kind, &event->start_mark);
	if (index == 0)
		return false;
	b->open[b->depth] = index;
	b->last[b->depth] = 0;
	b->depth++;
	return true;
}

static bool
is_adorned(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor != NULL ||
		       event->data.scalar.tag != NULL;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.anchor != NULL ||
		       event->data.sequence_start.tag != NULL;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.anchor != NULL ||
		       event->data.mapping_start.tag != NULL;
	default:
		return event->type == YAML_ALIAS_EVENT;
	}
}

/* Returns false when there is no going on. */
static bool
take_event(struct builder *b, const yaml_event_t *event)
{
	if (is_adorned(event))
		return refuse(b, &event->start_mark,
		    "anchors (&), aliases (*) and tags (!) are not used here; "
		    "write the value itself, in quotes if it begins so");
	if (b->yaml->node_count >= LB_YAML_NODES_MAX)
		return refuse(b, &event->start_mark,
		    "too many values: from here on nothing is read; use fewer "
		    "things, or several files");
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (b->yaml->node_count > ROOT)
			return refuse(b, &event->start_mark,
			    "a second document; a file has one");
		return true;
	case YAML_SCALAR_EVENT:
		return add_text(b, event);
	case YAML_SEQUENCE_START_EVENT:
		return add_open(b, event, LB_YAML_LIST);
	case YAML_MAPPING_START_EVENT:
		return add_open(b, event, LB_YAML_MAP);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		b->depth--;
		return true;
	default:
		return true;
	}
}

static bool
build(struct builder *b, yaml_parser_t *parser, const char *text, size_t bytes)
{
	bool done = false, going = true;
	yaml_event_t event;

	while (going && !done) {
		if (!yaml_parser_parse(parser, &event)) {
			syntax_error(parser, text, bytes, b->problems);
			return false;
		}
		done = event.type == YAML_STREAM_END_EVENT;
		if (done && b->yaml->node_count == ROOT)
			going = node_add(
				    b, LB_YAML_NOTHING, &event.start_mark) != 0;
		going = going && take_event(b, &event);
		yaml_event_delete(&event);
	}
	return going;
}

static struct lb_yaml *
yaml_new(void)
{
	struct lb_yaml *yaml = calloc(1, sizeof(*yaml));

	if (yaml == NULL)
		return NULL;
	yaml->nodes = calloc(1, sizeof(*yaml->nodes));
	yaml->node_count = ROOT; /* 0 is nobody */
	if (yaml->nodes == NULL) {
		free(yaml);
		return NULL;
	}
	return yaml;
}

struct lb_yaml *
lb_yaml_read(const char *text, size_t bytes, struct lb_problems *problems)
{
	struct builder b = { .problems = problems };
	yaml_parser_t parser;

	if (bytes > LB_YAML_BYTES_MAX) {
		lb_error_add(problems, (struct lb_where){ 0 }, NULL,
		    "larger than %u MiB", LB_YAML_BYTES_MAX >> 20);
		return NULL;
	}
	b.yaml = yaml_new();
	if (b.yaml == NULL || !yaml_parser_initialize(&parser)) {
		lb_yaml_free(b.yaml);
		return NULL;
	}
	yaml_parser_set_input_string(
	    &parser, (const unsigned char *)text, bytes);
	if (!build(&b, &parser, text, bytes)) {
		lb_yaml_free(b.yaml);
		b.yaml = NULL;
	}
	yaml_parser_delete(&parser);
	return b.yaml;
}

void
lb_yaml_free(struct lb_yaml *yaml)
{
	if (yaml == NULL)
		return;
	for (uint32_t i = 0; i < yaml->node_count; i++)
		free(yaml->nodes[i].text);
	free(yaml->nodes);
	free(yaml);
}
