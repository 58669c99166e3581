/* SPDX-License-Identifier: MIT */
#ifndef LIVE_RUN_H
#define LIVE_RUN_H
/*
 * The control process of `fairlead live`: loads, attaches, and then keeps the
 * kernel's part true to the configuration and the network until a signal ends
 * it.  Packets do not pass through it: without it they go on being forwarded.
 */
#include "live/bpf/attach.h"
#include "live/out/http.h"
#include "live/out/log.h"
#include "model/config.h"

struct live_settings {
	const char *pin_name;
	const char *config;  /* its file, to be named */
	const char *control; /* path of the control socket; NULL: by pin_name */
	enum live_mode mode;
	bool beside; /* with room for other XDP programs */
	/* NULL: those of the configuration. */
	const char *const *interfaces;
	size_t interface_count;
	/* Where /metrics and /healthz are served; NULL: nowhere. */
	const struct live_http_address *metrics;
	/* Reads the configuration, at the start and at each SIGHUP: NULL with
	 * problems, or without memory. */
	struct lb_config *(*read)(void *arg, struct lb_problems *problems);
	void *arg;
};

enum live_end {
	LIVE_ENDED,   /* by a signal; forwarding goes on */
	LIVE_INVALID, /* the configuration */
	LIVE_REFUSED, /* the machine */
};

/* Runs until SIGTERM or SIGINT; SIGHUP reloads.  Why it did not or did end is
 * logged. */
enum live_end live_run(const struct live_settings *settings);

#endif
