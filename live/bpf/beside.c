/* SPDX-License-Identifier: MIT */
#include "live/bpf/beside.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include "live/bpf/engine.h"

#define OBJECT   "beside.bpf.o"
#define PROGRAM  "fairlead_beside"
#define PROGRAMS "programs" /* the array: a map of the object, and its pin */

/* Where libxdp pins what a dispatcher calls, by interface and dispatcher's id,
 * and how many there may be: "Protocol for atomic loading of multi-prog
 * dispatchers", protocol.org of xdp-tools. */
#define FOLDER     LIVE_BPFFS "/xdp/dispatch-%u-%u"
#define CALLED_MAX 10u

bool
live_beside_built(void)
{
	return true;
}

/* libxdp speaks to stderr on its own. */
static int
quiet(enum libxdp_print_level level, const char *format, va_list args)
{
	if (getenv("FAIRLEAD_BPF_LOG") == NULL || level == LIBXDP_DEBUG)
		return 0;
	return vfprintf(stderr, format, args);
}

/* --- what is there ------------------------------------------------------- */

static uint32_t
id_of(int program)
{
	struct bpf_prog_info info = { 0 };
	uint32_t bytes = sizeof(info);
	return bpf_obj_get_info_by_fd(program, &info, &bytes) == 0 ? info.id
								   : 0;
}

/* What the interface has, under a dispatcher; NULL: it has none. */
static struct xdp_multiprog *
dispatcher_of(uint32_t ifindex)
{
	(void)libxdp_set_print(quiet);
	struct xdp_multiprog *all =
	    xdp_multiprog__get_from_ifindex((int)ifindex);
	if (libxdp_get_error(all) != 0)
		return NULL;
	if (!xdp_multiprog__is_legacy(all))
		return all;
	xdp_multiprog__close(all);
	return NULL;
}

/* Its pins, which can be looked at without CAP_SYS_ADMIN, by which libxdp asks
 * for programs; false: there is no dispatcher. */
static bool
dispatcher_folder(uint32_t ifindex, char *path, size_t bytes)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	if (bpf_xdp_query((int)ifindex, 0, &query) != 0 || query.prog_id == 0)
		return false;
	(void)snprintf(path, bytes, FOLDER, ifindex, query.prog_id);
	return access(path, F_OK) == 0;
}

/* Of the small program that was put on the interface; 0: none was. */
static uint32_t
our_id(const struct live_pins *pins, uint32_t ifindex)
{
	int program = live_pin_on_get(pins, LIVE_PIN_BESIDE, ifindex);
	if (program < 0)
		return 0;
	uint32_t id = id_of(program);
	(void)close(program);
	return id;
}

static struct xdp_program *
called(const struct xdp_multiprog *all, uint32_t id)
{
	struct xdp_program *at = NULL;
	while ((at = xdp_multiprog__next_prog(at, all)) != NULL)
		if (xdp_program__id(at) == id)
			break;
	return at;
}

bool
live_beside_dispatcher(uint32_t ifindex)
{
	char folder[64];
	return dispatcher_folder(ifindex, folder, sizeof(folder));
}

bool
live_beside_attached(const struct live_pins *pins, uint32_t ifindex)
{
	char folder[64], pin[96];
	uint32_t id = our_id(pins, ifindex);
	if (id == 0 || !dispatcher_folder(ifindex, folder, sizeof(folder)))
		return false;
	for (unsigned i = 0; i < CALLED_MAX; i++) {
		(void)snprintf(pin, sizeof(pin), "%s/prog%u-prog", folder, i);
		int program = bpf_obj_get(pin);
		if (program < 0)
			break;
		bool ours = id_of(program) == id;
		(void)close(program);
		if (ours)
			return true;
	}
	return false;
}

/* --- attaching ----------------------------------------------------------- */

/* The array with the program in it, pinned: a descriptor or -errno. */
static int
array_with(const struct live_pins *pins, int program)
{
	uint32_t zero = 0;
	int rc = 0, fd = live_pin_get(pins, PROGRAMS);
	if (fd < 0) {
		fd = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "fl_programs",
		    sizeof(uint32_t), sizeof(uint32_t), 1, NULL);
		if (fd < 0)
			return -errno;
		rc = live_pin_put(pins, PROGRAMS, fd);
	}
	if (rc == 0 && bpf_map_update_elem(fd, &zero, &program, 0) != 0)
		rc = -errno;
	if (rc == 0)
		return fd;
	(void)close(fd);
	return rc;
}

/* The object over that array, not loaded: libxdp does that, as an extension of
 * the dispatcher that it makes. */
static struct xdp_program *
open_ours(int array)
{
	char path[4096];
	DECLARE_LIBXDP_OPTS(xdp_program_opts, opts, .prog_name = PROGRAM);
	live_engine_object_path(OBJECT, path, sizeof(path));
	opts.obj = bpf_object__open_file(path, NULL);
	if (opts.obj == NULL)
		return NULL;
	struct bpf_map *map = bpf_object__find_map_by_name(opts.obj, PROGRAMS);
	struct xdp_program *ours = NULL;
	if (map != NULL && bpf_map__reuse_fd(map, array) == 0)
		ours = xdp_program__create(&opts);
	if (ours != NULL && libxdp_get_error(ours) == 0)
		return ours;
	bpf_object__close(opts.obj);
	return NULL;
}

/* Where a dispatcher is, its mode is given. */
static int
attach_in(struct xdp_program *ours, uint32_t ifindex, enum live_mode mode,
    struct live_attachment *how)
{
	if (live_beside_dispatcher(ifindex))
		mode = live_mode_now(ifindex);
	how->mode =
	    mode == LIVE_MODE_GENERIC ? LIVE_MODE_GENERIC : LIVE_MODE_NATIVE;
	int rc = xdp_program__attach(ours, (int)ifindex,
	    how->mode == LIVE_MODE_GENERIC ? XDP_MODE_SKB : XDP_MODE_NATIVE, 0);
	if (rc != 0 && mode == LIVE_MODE_AUTO && live_generic_may_help(rc)) {
		how->mode = LIVE_MODE_GENERIC;
		rc = xdp_program__attach(ours, (int)ifindex, XDP_MODE_SKB, 0);
	}
	return rc;
}

static int
attach_new(const struct live_pins *pins, uint32_t ifindex, int array,
    enum live_mode mode, struct live_attachment *how)
{
	struct xdp_program *ours = open_ours(array);
	if (ours == NULL)
		return errno != 0 ? -errno : -EINVAL;
	int rc = attach_in(ours, ifindex, mode, how);
	if (rc == 0) {
		rc = live_pin_on_put(
		    pins, LIVE_PIN_BESIDE, ifindex, xdp_program__fd(ours));
		if (rc != 0)
			(void)xdp_program__detach(ours, (int)ifindex,
			    how->mode == LIVE_MODE_GENERIC ? XDP_MODE_SKB
							   : XDP_MODE_NATIVE,
			    0);
	}
	xdp_program__close(ours);
	return rc;
}

int
live_beside_attach(const struct live_pins *pins, uint32_t ifindex, int program,
    enum live_mode mode, struct live_attachment *how)
{
	int array = array_with(pins, program);
	if (array < 0)
		return array;
	how->adopted = live_beside_attached(pins, ifindex);
	if (how->adopted)
		how->mode = live_mode_now(ifindex);
	int rc = how->adopted ? 0 : attach_new(pins, ifindex, array, mode, how);
	(void)close(array);
	return rc;
}

static int
detach(const struct live_pins *pins, uint32_t ifindex)
{
	struct xdp_multiprog *all = dispatcher_of(ifindex);
	if (all == NULL)
		return -EPERM; /* there is one, but libxdp can't ask for it */
	struct xdp_program *ours = called(all, our_id(pins, ifindex));
	int rc = ours != NULL ? xdp_program__detach(ours, (int)ifindex,
				    xdp_multiprog__attach_mode(all), 0)
			      : 0;
	xdp_multiprog__close(all);
	return rc;
}

/* The pin stays with what could not be taken off: a restart may. */
int
live_beside_detach(const struct live_pins *pins, uint32_t ifindex)
{
	int rc =
	    live_beside_attached(pins, ifindex) ? detach(pins, ifindex) : 0;
	return rc == 0 ? live_pin_on_remove(pins, LIVE_PIN_BESIDE, ifindex)
		       : rc;
}
