/* SPDX-License-Identifier: MIT */
#ifndef LIVE_PROBE_PROBE_FILES_H
#define LIVE_PROBE_PROBE_FILES_H
/* What probes want that stands in files beside the configuration: keys, which
 * never leave this house, and authorities. */
#include "model/config/config.h"

#define LIVE_PSK_MAX 64u /* what RFC 4279 5.3 wants of everybody */

struct live_probe_files {
	char *ca; /* tls_ca from anywhere; NULL: none */
	uint8_t psk[LIVE_PSK_MAX];
	size_t psk_bytes; /* 0: none */
	bool psk_open;    /* every user may read its file */
};

/*
 * live_probe_files_read - for one probe of a configuration.
 *
 * Names are relative to the folder that the configuration's file is in.
 *
 * 0; -1: error says which file, what is wrong and how to mend it (never what
 * is in it), key which of the probe's keys named it.  Blocks as files do.
 */
int live_probe_files_read(const struct lb_config *config,
    const struct lb_config_probe *probe, struct live_probe_files *files,
    enum lb_probe_key *key, char *error, size_t bytes);

/* Forgets the key as well. */
void live_probe_files_clear(struct live_probe_files *files);

bool live_probe_files_same(
    const struct live_probe_files *a, const struct live_probe_files *b);

#endif
