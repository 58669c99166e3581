/* SPDX-License-Identifier: MIT */
#ifndef LIVE_CHECK_SETTINGS_H
#define LIVE_CHECK_SETTINGS_H
/* What `fairlead live` was asked for, and what may come of it. */
#include "live/bpf/attach.h"
#include "live/out/http.h"
#include "model/config/config.h"

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

#endif
