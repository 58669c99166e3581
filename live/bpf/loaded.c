/* SPDX-License-Identifier: MIT */
#include "live/bpf/loaded.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "live/bpf/engine.h"
#include "live/bpf/memo.h"
#include "live/bpf/pins.h"
#include "live/xdp/forward_io.h"

#define MAPS_MAX  64u
#define LINKS_MAX 256u
/* Health changes swap lookup tables; so often it is looked again. */
#define ATTEMPTS 20u

/* What is read of one program, in descriptors. */
struct reading {
	struct live_pins pins;
	struct live_loaded *loaded;
	int program, plan, luts, classes, states, conn4, conn6, ports;
	char *error;
	size_t error_bytes;
};

static int say(struct reading *r, int rc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int
say(struct reading *r, int rc, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vsnprintf(r->error, r->error_bytes, format, args);
	va_end(args);
	return rc;
}

static void
tag_text(const struct bpf_prog_info *info, char text[LIVE_TAG_BYTES])
{
	for (size_t i = 0; i < sizeof(info->tag); i++)
		(void)snprintf(text + 2 * i, 3, "%02x", info->tag[i]);
}

/* --- the program --------------------------------------------------------- */

/* The id of the program that a link runs; 0: of none. */
static uint32_t
program_of_link(const struct reading *r, uint32_t ifindex)
{
	struct bpf_link_info info = { 0 };
	uint32_t bytes = sizeof(info);
	int link = live_pin_on_get(&r->pins, LIVE_PIN_LINK, ifindex);
	if (link < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(link, &info, &bytes) != 0 ||
	    info.xdp.ifindex == 0) /* its interface is gone */
		info.prog_id = 0;
	(void)close(link);
	return info.prog_id;
}

static int
find_program(struct reading *r, const char *pin_name)
{
	uint32_t links[LINKS_MAX], id = 0;
	size_t count = live_pin_links(&r->pins, links, LINKS_MAX);
	for (size_t i = 0; i < count; i++) {
		uint32_t other = program_of_link(r, links[i]);
		if (other == 0)
			continue;
		if (id != 0 && other != id)
			return say(r, -EAGAIN,
			    "interfaces have different programs: a reload is "
			    "on its way, or was cut short");
		id = other;
		r->loaded->interfaces++;
	}
	if (id == 0)
		return say(r, -ENOENT,
		    "nothing forwards under the pin name %s, or it takes root "
		    "to see it (fairlead live starts it)",
		    pin_name);
	r->program = bpf_prog_get_fd_by_id(id);
	if (r->program < 0)
		return say(r, -errno, "program %u: %s%s", id, strerror(errno),
		    errno == EPERM ? ": run it as root" : "");
	return 0;
}

/* Which of our descriptors a map of the program is for; NULL: for none. */
static int *
place_of(struct reading *r, const char *name)
{
	const struct {
		const char *name;
		int *fd;
	} places[] = {
		{ "plan", &r->plan },
		{ "luts", &r->luts },
		{ "classes", &r->classes },
		{ "member_state", &r->states },
		{ "conn4", &r->conn4 },
		{ "conn6", &r->conn6 },
		{ "snat_ports", &r->ports },
	};
	for (size_t i = 0; i < LB_COUNT(places); i++)
		if (strcmp(places[i].name, name) == 0)
			return places[i].fd;
	return NULL;
}

static void
keep_map(struct reading *r, uint32_t id)
{
	struct bpf_map_info info = { 0 };
	uint32_t bytes = sizeof(info);
	int fd = bpf_map_get_fd_by_id(id);
	if (fd < 0)
		return;
	int *place = NULL;
	if (bpf_obj_get_info_by_fd(fd, &info, &bytes) == 0)
		place = place_of(r, info.name);
	if (place != NULL && *place < 0)
		*place = fd;
	else
		(void)close(fd);
}

static int
find_maps(struct reading *r)
{
	uint32_t ids[MAPS_MAX], bytes = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = { .nr_map_ids = MAPS_MAX,
		.map_ids = (uint64_t)(uintptr_t)ids };
	if (bpf_obj_get_info_by_fd(r->program, &info, &bytes) != 0)
		return say(r, -errno, "the program: %s", strerror(errno));
	tag_text(&info, r->loaded->tag);
	for (uint32_t i = 0; i < info.nr_map_ids && i < MAPS_MAX; i++)
		keep_map(r, ids[i]);
	if (r->plan < 0 || r->luts < 0 || r->classes < 0 || r->states < 0 ||
	    r->conn4 < 0 || r->conn6 < 0 || r->ports < 0)
		return say(r, -EINVAL,
		    "the program that forwards is not this version's");
	return 0;
}

/* --- the plan ------------------------------------------------------------ */

static struct lb_plan *
plan_of_memo(const struct reading *r)
{
	size_t bytes;
	int fd = live_pin_get(&r->pins, "memo");
	void *memo = fd >= 0 ? live_map_value(fd, &bytes) : NULL;
	struct lb_plan *plan =
	    memo != NULL ? live_memo_read(memo, bytes) : NULL;
	if (plan != NULL && plan->member_state == NULL)
		plan->member_state =
		    calloc(plan->member_count + 1, sizeof(uint32_t));
	if (plan != NULL && plan->member_state == NULL) {
		lb_plan_free(plan);
		plan = NULL;
	}
	free(memo);
	if (fd >= 0)
		(void)close(fd);
	return plan;
}

/* The map that stands in a slot of a map of maps; 0: none does. */
static uint32_t
inner_id(int outer, uint32_t slot)
{
	uint32_t id = 0;
	return bpf_map_lookup_elem(outer, &slot, &id) == 0 ? id : 0;
}

/* Are the rows in force those of the memo?  Names are only the memo's. */
static bool
rows_in_force(const struct lb_plan *plan, uint32_t id)
{
	size_t bytes = 0, want = (size_t)plan->row_count * LB_ROW_BYTES;
	int fd = bpf_map_get_fd_by_id(id);
	void *rows = fd >= 0 ? live_map_value(fd, &bytes) : NULL;
	bool same = rows != NULL && bytes >= want &&
		    memcmp(rows, plan->rows, want) == 0;
	free(rows);
	if (fd >= 0)
		(void)close(fd);
	return same;
}

/* false: it is not there any more, or no memory. */
static bool
read_lut(struct lb_plan_lut *lut, uint32_t id)
{
	size_t rows = lb_plan_lut_rows(lut->size);
	int fd = bpf_map_get_fd_by_id(id);
	free(lut->slots);
	lut->slots = aligned_alloc(LB_ROW_BYTES, rows * LB_ROW_BYTES);
	bool fine = fd >= 0 && lut->slots != NULL;
	for (uint32_t row = 0; fine && row < rows; row++)
		fine = bpf_map_lookup_elem(fd, &row,
			   lut->slots + row * LB_LUT_SLOTS_PER_ROW) == 0;
	if (fd >= 0)
		(void)close(fd);
	return fine;
}

/* All of it as of one moment: 0, or -EAGAIN when it changed meanwhile. */
static int
read_plan(struct reading *r, struct lb_plan *plan)
{
	uint32_t zero = 0, ids[LB_LUT_MAX] = { 0 };
	uint32_t plan_id = inner_id(r->plan, 0);
	if (!rows_in_force(plan, plan_id))
		return -EAGAIN;
	for (uint32_t i = 0; i < plan->lut_count; i++) {
		if (plan->luts[i].slots == NULL)
			continue;
		ids[i] = inner_id(r->luts, i);
		if (!read_lut(&plan->luts[i], ids[i]))
			return -EAGAIN;
	}
	for (uint32_t id = 0; id < plan->member_count; id++)
		if (bpf_map_lookup_elem(
			r->states, &id, &plan->member_state[id]) != 0)
			return -errno;
	if (bpf_map_lookup_elem(r->classes, &zero, plan->classes) != 0)
		return -errno;
	for (uint32_t i = 0; i < plan->lut_count; i++)
		if (ids[i] != 0 && inner_id(r->luts, i) != ids[i])
			return -EAGAIN;
	return inner_id(r->plan, 0) == plan_id ? 0 : -EAGAIN;
}

static int
take_plan(struct reading *r)
{
	int rc = -EAGAIN;
	for (unsigned i = 0; rc == -EAGAIN && i < ATTEMPTS; i++) {
		if (i > 0)
			(void)usleep(50000);
		lb_plan_free(r->loaded->plan);
		r->loaded->plan = plan_of_memo(r);
		if (r->loaded->plan == NULL)
			return say(r, -ENOENT,
			    "what is pinned in %s is incomplete, or no memory",
			    r->pins.folder);
		rc = read_plan(r, r->loaded->plan);
	}
	if (rc == -EAGAIN)
		return say(r, rc, "the plan changes faster than it is read");
	if (rc != 0)
		return say(r, rc, "the plan: %s", strerror(-rc));
	/* as large as they were made, whatever a reload asked for */
	r->loaded->plan->buckets4 = live_map_entries(r->conn4);
	r->loaded->plan->buckets6 = live_map_entries(r->conn6);
	r->loaded->plan->port_buckets = live_map_entries(r->ports);
	return 0;
}

/* --- the whole ----------------------------------------------------------- */

/* The digest of what this program would load in its place. */
static int
tag_installed(struct reading *r)
{
	struct bpf_prog_info info = { 0 };
	uint32_t bytes = sizeof(info);
	struct lb_plan small = *r->loaded->plan;
	small.buckets4 = small.buckets6 = small.port_buckets = 1;
	struct live_engine *engine =
	    live_engine_load("forward.bpf.o", &small, r->error, r->error_bytes);
	if (engine == NULL)
		return -errno;
	int program = live_engine_program(engine, "fairlead_forward");
	int rc =
	    bpf_obj_get_info_by_fd(program, &info, &bytes) == 0 ? 0 : -errno;
	if (rc == 0)
		tag_text(&info, r->loaded->installed);
	else
		(void)say(r, rc, "forward.bpf.o: %s", strerror(-rc));
	live_engine_free(engine);
	return rc;
}

static void
close_all(const struct reading *r)
{
	const int fds[] = { r->program, r->plan, r->luts, r->classes, r->states,
		r->conn4, r->conn6, r->ports };
	for (size_t i = 0; i < LB_COUNT(fds); i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
}

struct live_loaded *
live_loaded_read(const char *pin_name, char *error, size_t error_bytes)
{
	struct reading r = { .pins.lock = -1,
		.program = -1,
		.plan = -1,
		.luts = -1,
		.classes = -1,
		.states = -1,
		.conn4 = -1,
		.conn6 = -1,
		.ports = -1,
		.error = error,
		.error_bytes = error_bytes };
	r.loaded = calloc(1, sizeof(*r.loaded));
	if (r.loaded == NULL) {
		(void)say(&r, 0, "no memory");
		return NULL;
	}
	(void)snprintf(r.pins.folder, sizeof(r.pins.folder),
	    LIVE_PINS_ROOT "/%u/%s", FORWARD_LAYOUT, pin_name);
	int rc = find_program(&r, pin_name);
	if (rc == 0)
		rc = find_maps(&r);
	if (rc == 0)
		rc = take_plan(&r);
	if (rc == 0)
		rc = tag_installed(&r);
	close_all(&r);
	if (rc == 0)
		return r.loaded;
	live_loaded_free(r.loaded);
	return NULL;
}

void
live_loaded_free(struct live_loaded *loaded)
{
	if (loaded == NULL)
		return;
	lb_plan_free(loaded->plan);
	free(loaded);
}
