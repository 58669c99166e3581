/* SPDX-License-Identifier: MIT */
#ifndef LIVE_BPF_PINS_H
#define LIVE_BPF_PINS_H
/*
 * What outlives the control process: maps and links, pinned as files under
 *
 *     /sys/fs/bpf/fairlead/<layout version>/<name>/
 *
 * A lock on the folder keeps a second control process away.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIVE_BPFFS     "/sys/fs/bpf"
#define LIVE_PINS_ROOT LIVE_BPFFS "/fairlead"
#define LIVE_PIN_NAME  "default"

struct live_pins {
	char folder[128];
	int lock; /* the folder, open and locked; -1: not */
};

/* Letters, digits, '-' and '_', at most 64 (bpffs knows no dots). */
bool live_pin_name_fits(const char *name);

/* Is a BPF file system there? */
bool live_bpffs_mounted(void);

/*
 * live_pins_open - make the folder of a name, and lock it.
 *
 * Returns 0 or -errno with a line in error: -EBUSY when a control process has
 * it.  live_pins_close() unlocks; what is pinned stays.
 */
int live_pins_open(
    struct live_pins *pins, const char *name, char *error, size_t error_bytes);
void live_pins_close(struct live_pins *pins);

/* Has a control process the folder of a name? */
bool live_pins_busy(const char *name);

/* The whole value of a map of one, to be freed; NULL: there is none, or no
 * memory. */
void *live_map_value(int map, size_t *bytes);
/* How many values a map has room for; 0: it does not say. */
uint32_t live_map_entries(int map);

/* The descriptor of what is pinned under a name, or -errno. */
int live_pin_get(const struct live_pins *pins, const char *what);
/* Pins, in place of what had the name: 0 or -errno. */
int live_pin_put(const struct live_pins *pins, const char *what, int fd);
int live_pin_remove(const struct live_pins *pins, const char *what);

/* What is pinned by interface: the link, or the program that stands under a
 * dispatcher (beside.h).  As those above. */
enum live_pin_kind { LIVE_PIN_LINK, LIVE_PIN_BESIDE };

int live_pin_on_get(
    const struct live_pins *pins, enum live_pin_kind kind, uint32_t ifindex);
int live_pin_on_put(const struct live_pins *pins, enum live_pin_kind kind,
    uint32_t ifindex, int fd);
int live_pin_on_remove(
    const struct live_pins *pins, enum live_pin_kind kind, uint32_t ifindex);

/* The interfaces that have either, at most max: how many. */
size_t live_pin_links(
    const struct live_pins *pins, uint32_t *ifindexes, size_t max);

/* The name under which the link of an interface is pinned that runs a program,
 * by id; false: it is none of ours. */
#define LIVE_PIN_NAME_BYTES 65u
bool live_pins_who(
    uint32_t ifindex, uint32_t program, char name[LIVE_PIN_NAME_BYTES]);

/* Removes all that is pinned in the folder, and the folder. */
void live_pins_clear(struct live_pins *pins);

/*
 * live_pins_remove - remove all that is pinned under a name, whatever version
 * of the layout pinned it: forwarding ends.
 *
 * first is called before, for each folder.
 *
 * Returns how many pins there were, or -errno with a line in error: -EBUSY
 * while a control process runs.
 */
int live_pins_remove(const char *name,
    void (*first)(const struct live_pins *pins), char *error,
    size_t error_bytes);

#endif
