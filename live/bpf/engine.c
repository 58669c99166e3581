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

/* Ids are 16 bits: the state words of all of them. */
#define MEMBER_STATES 65536u
/* The kernel keeps an array's values 8 bytes apart. */
#define STATE_STRIDE 8u
/* Lookup tables put at a time: each costs a descriptor meanwhile. */
#define LUTS_AT_ONCE 128u
/* The least room for a plan: some 300 rules over 500 members. */
#define PLAN_ROWS_MIN 1024u

struct live_engine {
	struct bpf_object *object;
	struct bpf_object *called; /* NULL: not asked for */
	char path[4096];           /* of both */
	struct lb_tables tables;
	struct lb_plan rows; /* those of the plan in force, nothing else */
	struct lb_class *classes;
	uint8_t *states;
	bool member_ends[LB_MEMBER_MAX + 1]; /* lb_expire()'s; nobody else's */
	int plan_fd, luts_fd;
	uint32_t plan_rows;        /* that a plan may have, set when loaded */
	bool in_force[LB_LUT_MAX]; /* slots of the plan in force's tables */
};

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

/* An array of rows with the rows in it: a plan or a lookup table. */
static int
rows_map(const char *name, const void *rows, uint32_t count)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_INNER_MAP);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(uint32_t),
	    LB_ROW_BYTES, count, &opts);
	if (fd < 0)
		return -errno;
	uint32_t *keys = malloc(count * sizeof(*keys));
	int rc = keys != NULL ? 0 : -ENOMEM;
	for (uint32_t i = 0; rc == 0 && i < count; i++)
		keys[i] = i;
	uint32_t done = count;
	if (rc == 0 && bpf_map_update_batch(fd, keys, rows, &done, NULL) != 0)
		rc = -errno;
	free(keys);
	if (rc == 0)
		return fd;
	(void)close(fd);
	return rc;
}

static int
lut_map(const struct lb_plan_lut *lut)
{
	uint32_t rows =
	    (lut->size + LB_LUT_SLOTS_PER_ROW - 1) / LB_LUT_SLOTS_PER_ROW;
	return rows_map("fl_lut", lut->slots, rows);
}

/* Lookup tables that are made and wait to be put into their slots. */
struct made {
	uint32_t count;
	uint32_t slots[LB_LUT_MAX];
	int fds[LB_LUT_MAX];
};

static void
close_made(struct made *made)
{
	while (made->count > 0)
		(void)close(made->fds[--made->count]);
}

/*
 * Of a plan's tables from *next on at most so many, those whose slots the plan
 * in force has or those whose slots are free in it.
 */
static int
make_luts(const struct live_engine *e, const struct lb_plan *plan,
    bool in_force, uint32_t most, uint32_t *next, struct made *made)
{
	for (; *next < plan->lut_count && made->count < most; ++*next) {
		const struct lb_plan_lut *lut = &plan->luts[*next];
		if (lut->slots == NULL || e->in_force[*next] != in_force)
			continue;
		int fd = lut_map(lut);
		if (fd < 0)
			return fd;
		made->slots[made->count] = *next;
		made->fds[made->count++] = fd;
	}
	return 0;
}

/*
 * Each into its slot, which then owns it.  In one call: the kernel waits for a
 * grace period after each, and not for every table (measured: 16 tables 14 ms
 * instead of 210).
 */
static int
put_made(const struct live_engine *e, struct made *made)
{
	uint32_t done = made->count;
	int rc = 0;
	if (made->count > 0 && bpf_map_update_batch(e->luts_fd, made->slots,
				   made->fds, &done, NULL) != 0)
		rc = -errno;
	close_made(made);
	return rc;
}

static int
put_luts(const struct live_engine *e, const struct lb_plan *plan, bool in_force,
    struct made *made)
{
	int rc = 0;
	for (uint32_t next = 0; rc == 0 && next < plan->lut_count;) {
		rc = make_luts(e, plan, in_force, LUTS_AT_ONCE, &next, made);
		if (rc == 0)
			rc = put_made(e, made);
	}
	close_made(made);
	return rc;
}

static uint32_t *
state_of(const struct live_engine *e, uint32_t id)
{
	return (uint32_t *)(void *)(e->states + (size_t)id * STATE_STRIDE);
}

static void
put_states(struct live_engine *e, const struct lb_plan *plan)
{
	for (uint32_t id = 0; id < plan->member_count; id++)
		__atomic_store_n(
		    state_of(e, id), plan->member_state[id], __ATOMIC_RELEASE);
	memset(e->member_ends, 0, sizeof(e->member_ends));
	if (plan->member_ends != NULL) /* else read back, not compiled */
		memcpy(e->member_ends, plan->member_ends,
		    plan->member_count * sizeof(*e->member_ends));
}

int
live_engine_health(struct live_engine *e, const struct lb_plan *plan)
{
	struct made *made = calloc(1, sizeof(*made));
	if (made == NULL)
		return -ENOMEM;
	put_states(e, plan);
	int rc = put_luts(e, plan, true, made);
	free(made);
	return rc;
}

/* --- one plan after another ---------------------------------------------- */

/* What a swap needs, all of it made before anything is put in force. */
struct change {
	struct lb_row *rows; /* what lb_expire() asks the plan in force */
	int plan_fd;
	struct made fresh;  /* into slots that are free in the plan in force */
	struct made shared; /* into those that it has, too */
};

static struct change *
change_new(void)
{
	struct change *c = calloc(1, sizeof(*c));
	if (c != NULL)
		c->plan_fd = -1;
	return c;
}

static void
change_free(struct change *c)
{
	if (c->plan_fd >= 0)
		(void)close(c->plan_fd);
	close_made(&c->shared);
	free(c->rows);
	free(c);
}

/* A plan is one value: its rows, and nothing behind them. */
static int
plan_map(const struct live_engine *e, const struct lb_plan *plan)
{
	uint32_t zero = 0, bytes = e->plan_rows * LB_ROW_BYTES;
	uint8_t *value = calloc(e->plan_rows, LB_ROW_BYTES);
	if (value == NULL)
		return -ENOMEM;
	memcpy(value, plan->rows, (size_t)plan->row_count * LB_ROW_BYTES);
	int fd = bpf_map_create(
	    BPF_MAP_TYPE_ARRAY, "fl_plan", sizeof(uint32_t), bytes, 1, NULL);
	int rc = fd < 0 ? -errno : 0;
	if (rc == 0 && bpf_map_update_elem(fd, &zero, value, 0) != 0)
		rc = -errno;
	free(value);
	if (rc == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static bool
has_lut(const struct lb_plan *plan, uint32_t slot)
{
	return slot < plan->lut_count && plan->luts[slot].slots != NULL;
}

/* Tables that were put for a plan that does not come into force. */
static void
take_back(const struct live_engine *e, const struct lb_plan *plan)
{
	for (uint32_t i = 0; i < plan->lut_count; i++)
		if (has_lut(plan, i) && !e->in_force[i])
			(void)bpf_map_delete_elem(e->luts_fd, &i);
}

/* All that can fail, out of any packet's sight. */
static int
prepare(
    const struct live_engine *e, const struct lb_plan *plan, struct change *c)
{
	size_t bytes = (size_t)plan->row_count * LB_ROW_BYTES;
	uint32_t next = 0;
	if (plan->row_count > e->plan_rows)
		return -E2BIG;
	c->rows = aligned_alloc(LB_ROW_BYTES, bytes);
	if (c->rows == NULL)
		return -ENOMEM;
	memcpy(c->rows, plan->rows, bytes);
	c->plan_fd = plan_map(e, plan);
	if (c->plan_fd < 0)
		return c->plan_fd;
	int rc = make_luts(e, plan, true, LB_LUT_MAX, &next, &c->shared);
	if (rc == -EMFILE)
		return -E2BIG; /* loading anew holds few at a time */
	if (rc == 0)
		rc = put_luts(e, plan, false, &c->fresh);
	if (rc != 0)
		take_back(e, plan);
	return rc;
}

/* Who is eligible by either plan: while both are looked at, no flow leaves its
 * member because the other plan asks another bit. */
static void
join_states(const struct live_engine *e, const struct lb_plan *plan)
{
	for (uint32_t id = 0; id < plan->member_count; id++)
		(void)__atomic_fetch_or(
		    state_of(e, id), plan->member_state[id], __ATOMIC_RELEASE);
}

/* From here on another plan is in force. */
static void
take_over(struct live_engine *e, const struct lb_plan *plan, struct change *c)
{
	put_states(e, plan);
	free(e->rows.rows);
	e->rows =
	    (struct lb_plan){ .rows = c->rows, .row_count = plan->row_count };
	c->rows = NULL;
	e->tables.plan = &e->rows;
	if (plan->snat_count > 0)
		lb_forget_hints(&e->tables);
	for (uint32_t i = 0; i < LB_LUT_MAX; i++) {
		bool had = e->in_force[i];
		e->in_force[i] = has_lut(plan, i);
		if (had && !e->in_force[i]) /* no rule names it any more */
			(void)bpf_map_delete_elem(e->luts_fd, &i);
	}
}

/*
 * A table that both plans have holds members that the old plan does not know,
 * and the new plan knows all of the old table's, be it as tombstones
 * (model/plan/plan.h).  So the plan goes first, and such tables after it: the
 * kernel has waited by then for every packet that saw the old one.
 */
static int
put_in_force(
    struct live_engine *e, const struct lb_plan *plan, struct change *c)
{
	uint32_t zero = 0;
	memcpy(e->classes, plan->classes, sizeof(plan->classes));
	join_states(e, plan);
	if (bpf_map_update_elem(e->plan_fd, &zero, &c->plan_fd, 0) != 0) {
		int rc = -errno;
		take_back(e, plan);
		return rc;
	}
	int rc = put_made(e, &c->shared);
	take_over(e, plan, c);
	return rc;
}

int
live_engine_swap(struct live_engine *e, const struct lb_plan *plan)
{
	struct change *c = change_new();
	if (c == NULL)
		return -ENOMEM;
	int rc = prepare(e, plan, c);
	if (rc == 0)
		rc = put_in_force(e, plan, c);
	change_free(c);
	return rc;
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
		rc = set_entries(object, "member_state", MEMBER_STATES);
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
	    e, "member_state", (size_t)MEMBER_STATES * STATE_STRIDE);
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
	unmap(e->states, (size_t)MEMBER_STATES * STATE_STRIDE);
	bpf_object__close(e->called);
	bpf_object__close(e->object);
	free(e->rows.rows);
	free(e);
}
