/* SPDX-License-Identifier: MIT */
#include "live/bpf/engine.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "live/bpf/engine_parts.h"

/* The least room for a plan: some 300 rules over 500 members. */
#define PLAN_ROWS_MIN 1024u

static void
say(char *error, size_t bytes, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vsnprintf(error, bytes, format, args);
	va_end(args);
}

static const char *
why(int code)
{
	if (code == EPERM)
		return "not permitted: run it as root";
	if (code == EACCES) /* root would hear the same */
		return "its verifier refuses it (FAIRLEAD_BPF_LOG=1 tells)";
	if (code == ENOENT) /* a map or a variable */
		return "it is another version's: build and install it anew";
	if (code == ENOMEM)
		return "no memory: ask for fewer connection_table.entries";
	return strerror(code);
}

int
live_engine_program(const struct live_engine *e, const char *name)
{
	const struct bpf_program *p =
	    bpf_object__find_program_by_name(e->object, name);
	return p != NULL ? bpf_program__fd(p) : -1;
}

int
live_engine_map(const struct live_engine *e, const char *name)
{
	const struct bpf_map *map =
	    bpf_object__find_map_by_name(e->object, name);
	return map != NULL ? bpf_map__fd(map) : -1;
}

/* All maps of an object: the other's. */
static int
share_maps(struct bpf_object *object, const struct bpf_object *with)
{
	struct bpf_map *map;
	bpf_object__for_each_map(map, object)
	{
		const struct bpf_map *its =
		    bpf_object__find_map_by_name(with, bpf_map__name(map));
		if (its == NULL ||
		    bpf_map__reuse_fd(map, bpf_map__fd(its)) != 0)
			return -EINVAL;
	}
	return 0;
}

/*
 * A program array wants its programs alike in two things that matter only where
 * one is attached: multi-buffer, and the expected attachment (Linux 6.18 and
 * its stable kin).  What calls ours has neither: libxdp sees to that.
 */
int
live_engine_callable(struct live_engine *e, const char *name)
{
	int rc = 0;
	if (e->called == NULL) {
		struct bpf_program *program;
		e->called = bpf_object__open_file(e->path, NULL);
		if (e->called == NULL)
			return -errno;
		rc = share_maps(e->called, e->object);
		bpf_object__for_each_program(program, e->called)(void)
		    bpf_program__set_expected_attach_type(program, 0);
		if (rc == 0)
			rc = bpf_object__load(e->called);
	}
	const struct bpf_program *p =
	    bpf_object__find_program_by_name(e->called, name);
	if (rc == 0 && p != NULL)
		return bpf_program__fd(p);
	bpf_object__close(e->called);
	e->called = NULL;
	return rc != 0 ? rc : -ENOENT;
}

void *
live_engine_mmap(const struct live_engine *e, const char *map, size_t bytes)
{
	int fd = live_engine_map(e, map);
	if (fd < 0) {
		errno = ENOENT;
		return NULL;
	}
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return at != MAP_FAILED ? at : NULL;
}

const struct lb_tables *
live_engine_tables(const struct live_engine *e)
{
	return &e->tables;
}

/* libbpf speaks to stderr on its own; we say it in our words. */
static int
quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	if (getenv("FAIRLEAD_BPF_LOG") == NULL || level == LIBBPF_DEBUG)
		return 0;
	return vfprintf(stderr, format, args);
}

/* Beside the program, as a build tree has it; false: there is none. */
static bool
object_in_build_tree(const char *object, char *path, size_t bytes)
{
	char program[2048];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	if (n <= 0)
		return false;
	program[n] = '\0';
	char *slash = strrchr(program, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	say(path, bytes, "%s/live/xdp/%s", program, object);
	return access(path, R_OK) == 0;
}

void
live_engine_object_path(const char *object, char *path, size_t bytes)
{
	const char *dir = getenv("FAIRLEAD_BPF_DIR");
	if (strchr(object, '/') != NULL)
		say(path, bytes, "%s", object);
	else if (dir != NULL && *dir != '\0')
		say(path, bytes, "%s/%s", dir, object);
	else if (!object_in_build_tree(object, path, bytes))
		say(path, bytes, "%s/%s", FAIRLEAD_BPF_DIR, object);
}

static int
set_entries(struct bpf_object *object, const char *name, uint32_t count)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);
	return map != NULL ? bpf_map__set_max_entries(map, count) : -ENOENT;
}

/* Offset of a variable in .rodata, by the object's own BTF; -1: not there. */
static int
offset_of(const struct btf *btf, uint32_t section_id, const char *name)
{
	const struct btf_type *section = btf__type_by_id(btf, section_id);
	const struct btf_var_secinfo *var = btf_var_secinfos(section);
	for (int i = 0; i < (int)btf_vlen(section); i++, var++) {
		const struct btf_type *type = btf__type_by_id(btf, var->type);
		if (strcmp(btf__name_by_offset(btf, type->name_off), name) == 0)
			return (int)var->offset;
	}
	return -1;
}

/* Constants may still be set before loading; then the verifier folds them. */
static int
set_constant(struct bpf_object *object, const char *name, const void *value,
    size_t value_bytes)
{
	uint8_t data[4096];
	size_t bytes = 0;
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	const void *now =
	    map != NULL ? bpf_map__initial_value(map, &bytes) : NULL;
	if (now == NULL || bytes > sizeof(data))
		return -ENOENT;
	int at = offset_of(
	    bpf_object__btf(object), bpf_map__btf_value_type_id(map), name);
	if (at < 0 || (size_t)at + value_bytes > bytes)
		return -ENOENT;
	memcpy(data, now, bytes);
	memcpy(data + at, value, value_bytes);
	return bpf_map__set_initial_value(map, data, bytes);
}

/* Room for a plan to grow to twice its size without loading anew. */
static uint32_t
plan_room(const struct lb_plan *plan)
{
	uint32_t rows = PLAN_ROWS_MIN;
	while (rows < 2 * plan->row_count)
		rows *= 2;
	return rows;
}

static int
set_word(struct bpf_object *object, const char *name, uint32_t value)
{
	return set_constant(object, name, &value, sizeof(value));
}

static bool
is_kept(const struct live_setup *setup, const char *map)
{
	for (size_t i = 0; setup != NULL && i < setup->kept_count; i++)
		if (strcmp(setup->kept[i].map, map) == 0)
			return true;
	return false;
}

/* The caller's maps, sizes and constants.  A kept map brings its own size. */
static int
set_up(struct bpf_object *object, const struct live_setup *setup)
{
	int rc = 0;
	if (setup == NULL)
		return 0;
	for (size_t i = 0; rc == 0 && i < setup->kept_count; i++) {
		struct bpf_map *map =
		    bpf_object__find_map_by_name(object, setup->kept[i].map);
		rc = map != NULL ? bpf_map__reuse_fd(map, setup->kept[i].fd)
				 : -ENOENT;
	}
	for (size_t i = 0; rc == 0 && i < setup->size_count; i++)
		if (!is_kept(setup, setup->sizes[i].map))
			rc = set_entries(object, setup->sizes[i].map,
			    setup->sizes[i].entries);
	for (size_t i = 0; rc == 0 && i < setup->constant_count; i++)
		rc = set_constant(object, setup->constants[i].name,
		    setup->constants[i].value, setup->constants[i].bytes);
	return rc;
}

/* A table's size and the mask that the program finds its buckets by. */
static int
set_table(struct bpf_object *object, const struct live_setup *setup,
    const char *name, uint32_t buckets, const char *mask)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(object, name);
	if (map == NULL)
		return -ENOENT;
	int rc = is_kept(setup, name) ? 0 : set_entries(object, name, buckets);
	return rc == 0 ? set_word(object, mask, bpf_map__max_entries(map) - 1)
		       : rc;
}

static int
set_sizes(struct bpf_object *object, const struct lb_plan *plan,
    const struct live_setup *setup)
{
	struct bpf_map *outer = bpf_object__find_map_by_name(object, "plan");
	struct bpf_map *inner =
	    outer != NULL ? bpf_map__inner_map(outer) : NULL;
	if (inner == NULL)
		return -ENOENT;
	int rc = set_up(object, setup);
	if (rc == 0)
		rc = set_table(
		    object, setup, "conn4", plan->buckets4, "conn4_mask");
	if (rc == 0)
		rc = set_table(
		    object, setup, "conn6", plan->buckets6, "conn6_mask");
	if (rc == 0)
		rc = set_table(object, setup, "snat_ports", plan->port_buckets,
		    "ports_mask");
	if (rc == 0 && !is_kept(setup, "member_state"))
		rc = set_entries(object, "member_state", LIVE_MEMBER_WORDS);
	if (rc == 0)
		rc = bpf_map__set_value_size(
		    inner, plan_room(plan) * LB_ROW_BYTES);
	if (rc == 0)
		rc = set_word(object, "plan_rows", plan_room(plan));
	return rc;
}

/* The entries of a map; 0: there is no such map. */
static uint32_t
entries_of(const struct live_engine *e, const char *name)
{
	const struct bpf_map *map =
	    bpf_object__find_map_by_name(e->object, name);
	return map != NULL ? bpf_map__max_entries(map) : 0;
}

static int
map_tables(struct live_engine *e, const struct lb_plan *plan)
{
	struct lb_tables *t = &e->tables;
	t->buckets4 = entries_of(e, "conn4");
	t->buckets6 = entries_of(e, "conn6");
	e->plan_rows = plan_room(plan);
	t->conn4 =
	    live_engine_mmap(e, "conn4", t->buckets4 * sizeof(*t->conn4));
	t->conn6 =
	    live_engine_mmap(e, "conn6", t->buckets6 * sizeof(*t->conn6));
	t->port_buckets = entries_of(e, "snat_ports");
	t->ports = live_engine_mmap(
	    e, "snat_ports", t->port_buckets * sizeof(*t->ports));
	e->classes = live_engine_mmap(e, "classes", sizeof(plan->classes));
	e->states = live_engine_mmap(
	    e, "member_state", (size_t)LIVE_MEMBER_WORDS * LIVE_STATE_STRIDE);
	t->member_ends = e->member_ends;
	t->classes = e->classes;
	e->plan_fd = live_engine_map(e, "plan");
	e->luts_fd = live_engine_map(e, "luts");
	if (t->conn4 == NULL || t->conn6 == NULL || t->ports == NULL ||
	    e->classes == NULL || e->states == NULL)
		return -errno;
	return 0;
}

/* Frames of more than one buffer: interfaces with a large MTU. */
static void
allow_buffers(struct bpf_object *object)
{
	struct bpf_program *program;
	bpf_object__for_each_program(program, object)(void)
	    bpf_program__set_flags(program, BPF_F_XDP_HAS_FRAGS);
}

struct live_engine *
live_engine_load(const char *object, const struct lb_plan *plan, char *error,
    size_t error_bytes)
{
	return live_engine_load_with(object, plan, NULL, error, error_bytes);
}

struct live_engine *
live_engine_load_with(const char *object, const struct lb_plan *plan,
    const struct live_setup *setup, char *error, size_t error_bytes)
{
	int rc;
	struct live_engine *e = calloc(1, sizeof(*e));
	if (e == NULL)
		return NULL;
	live_engine_object_path(object, e->path, sizeof(e->path));
	(void)libbpf_set_print(quiet);
	e->object = bpf_object__open_file(e->path, NULL);
	if (e->object == NULL) {
		rc = -errno;
		say(error, error_bytes,
		    "%s: cannot open the BPF program: %s (set FAIRLEAD_BPF_DIR "
		    "to where it was built)",
		    e->path, strerror(-rc));
		goto fail;
	}
	allow_buffers(e->object);
	rc = set_sizes(e->object, plan, setup);
	if (rc == 0)
		rc = bpf_object__load(e->object);
	if (rc == 0)
		rc = map_tables(e, plan);
	if (rc == 0)
		rc = live_engine_swap(e, plan);
	if (rc != 0) {
		say(error, error_bytes,
		    "the kernel does not take the BPF program %s: %s", e->path,
		    why(-rc));
		goto fail;
	}
	return e;
fail:
	live_engine_free(e);
	errno = -rc;
	return NULL;
}

static void
unmap(void *at, size_t bytes)
{
	if (at != NULL)
		(void)munmap(at, bytes);
}

void
live_engine_free(struct live_engine *e)
{
	if (e == NULL)
		return;
	struct lb_tables *t = &e->tables;
	unmap(t->conn4, t->buckets4 * sizeof(*t->conn4));
	unmap(t->conn6, t->buckets6 * sizeof(*t->conn6));
	unmap(t->ports, t->port_buckets * sizeof(*t->ports));
	unmap(e->classes, LB_CLASS_MAX * sizeof(*e->classes));
	unmap(e->states, (size_t)LIVE_MEMBER_WORDS * LIVE_STATE_STRIDE);
	bpf_object__close(e->called);
	bpf_object__close(e->object);
	free(e->rows.rows);
	free(e);
}
